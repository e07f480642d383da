/** Where everybody stands. Equal numbers share a rank (1, 2, 2, 4); among equals, whoever got there first is named first. */
import { ProofTimestamp } from "@farmops/proof/FarmProof"
import { Context, Effect, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { decodeFarmers, type Farmer } from "./Farmer.ts"
import { orVillageUnavailable } from "./VillageUnavailable.ts"

/** What a board can be sorted by. Coins and levels are the human board's; bots compete with nobody here. */
export const boardSorts = ["coins", "streak", "level"] as const

/** One of {@link boardSorts}. */
export type BoardSort = (typeof boardSorts)[number]

/** Most entries in one answer. */
export const boardLimitMax = 200

const Count = Schema.Int

/** One line of a board. */
export const BoardEntry = Schema.Struct({
  rank: Count,
  farmer_id: Schema.String,
  display_name: Schema.String,
  /** True for a farm that was grown from a made-up repository: it is said wherever the farm is shown. */
  sample: Schema.Boolean,
  total_coins: Count,
  bot_coins: Count,
  level: Count,
  streak_days: Count,
  /** The time of the newest snapshot. */
  updated_at: ProofTimestamp
})

/** See the schema of the same name. */
export type BoardEntry = typeof BoardEntry.Type

const columnOf = { coins: "total_coins", streak: "streak_days", level: "level" } as const

/** Numbers a sorted board from 1: a farmer's rank is one more than the number of farmers who stand higher. */
export const rankFarmers = (farmers: ReadonlyArray<Farmer>, sort: BoardSort): ReadonlyArray<BoardEntry> => {
  const column = columnOf[sort]
  let rank = 0
  let value: number | null = null
  return farmers.map((farmer, at) => {
    if (farmer[column] !== value) rank = at + 1
    value = farmer[column]
    return {
      rank,
      farmer_id: farmer.farmer_id,
      display_name: farmer.display_name,
      sample: farmer.sample !== 0,
      total_coins: farmer.total_coins,
      bot_coins: farmer.bot_coins,
      level: farmer.level,
      streak_days: farmer.streak_days,
      updated_at: farmer.as_of
    }
  })
}

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient

  const top = Effect.fn("Leaderboard.top")((sort: BoardSort, limit: number) => {
    const column = columnOf[sort]
    const most = Math.min(limit, boardLimitMax)
    return sql`SELECT * FROM village_farmer
      ORDER BY ${sql(column)} DESC, ${sql(`${column}_at`)}, farmer_id LIMIT ${most}`.pipe(
      Effect.flatMap(decodeFarmers),
      Effect.map((farmers) => rankFarmers(farmers, sort)),
      orVillageUnavailable
    )
  })

  const higherThan = Effect.fnUntraced(function* (farmer: Farmer, sort: BoardSort) {
    const column = columnOf[sort]
    const rows = yield* sql<{ n: number | bigint }>`SELECT COUNT(*) AS n FROM village_farmer
      WHERE ${sql(column)} > ${farmer[column]}`
    return Number(rows[0]?.n ?? 0)
  })

  const ranksOf = Effect.fn("Leaderboard.ranksOf")((farmer: Farmer) =>
    orVillageUnavailable(
      Effect.map(
        Effect.all([higherThan(farmer, "coins"), higherThan(farmer, "streak"), higherThan(farmer, "level")]),
        ([coins, streak, level]) => ({ coins: coins + 1, streak: streak + 1, level: level + 1 })
      )
    )
  )

  return {
    /** The first `limit` of a board. */
    top,
    /** One farmer's rank on each board. */
    ranksOf
  } as const
})

/** The boards of the village. Needs the tables of `villageMigrations`. */
export class Leaderboard extends Context.Service<Leaderboard>()("@farmops/core/village/Leaderboard", { make }) {
  static readonly layer: Layer.Layer<Leaderboard, never, SqlClient.SqlClient> = Layer.effect(this, this.make)
}
