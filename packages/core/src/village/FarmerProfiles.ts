/** What a village tells of its farmers. A tracker's address is not among it: it may be somebody's home. */
import { ProofTimestamp } from "@farmops/proof/FarmProof"
import { fingerprintOf } from "@farmops/proof/fingerprint"
import { Context, Effect, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { FarmSnapshot } from "../farm/FarmSnapshot.ts"
import { SqlCount } from "../farm/SqlCount.ts"
import { decodeFarmers, type Farmer } from "./Farmer.ts"
import { FarmerStore } from "./FarmerStore.ts"
import { Leaderboard } from "./Leaderboard.ts"
import { FarmerUnknown } from "./Roster.ts"
import { orVillageUnavailable, VillageUnavailable } from "./VillageUnavailable.ts"

/** Most entries in one answer of the list and of a history. */
export const pageLimitMax = 200

const Count = Schema.Int

const summaryFields = {
  farmer_id: Schema.String,
  display_name: Schema.String,
  /** What two people compare to know that they mean the same farm. */
  fingerprint: Schema.String,
  sample: Schema.Boolean,
  registered_at: ProofTimestamp,
  total_coins: Count,
  bot_coins: Count,
  level: Count,
  streak_days: Count,
  updated_at: ProofTimestamp
}

/** One line of the list of farmers. */
export const FarmerSummary = Schema.Struct(summaryFields)

/** See the schema of the same name. */
export type FarmerSummary = typeof FarmerSummary.Type

/** A page of the list, in the order of registration. */
export const FarmerPage = Schema.Struct({
  farmers: Schema.Array(FarmerSummary),
  next_cursor: Schema.NullOr(Schema.String)
})

/** One farmer with the signed snapshot that all numbers come from: whoever has the key can check it. */
export const FarmerProfile = Schema.Struct({
  ...summaryFields,
  public_key: Schema.String,
  ranks: Schema.Struct({ coins: Count, streak: Count, level: Count }),
  last_sync_at: ProofTimestamp,
  /** Why the newest pull brought nothing; null when it did. */
  last_error: Schema.NullOr(Schema.Struct({ code: Schema.String, at: ProofTimestamp })),
  snapshot: FarmSnapshot
})

/** Where a farmer stood at the end of an hour in which something changed. */
export const HistoryEntry = Schema.Struct({
  as_of: ProofTimestamp,
  proofs: Count,
  total_coins: Count,
  current_coins: Count,
  bot_coins: Count,
  level: Count,
  streak_days: Count
})

/** Newest first. `next_cursor` leads to older entries. */
export const HistoryPage = Schema.Struct({
  farmer_id: Schema.String,
  entries: Schema.Array(HistoryEntry),
  next_cursor: Schema.NullOr(Schema.String)
})

const HistoryRow = Schema.Struct({
  hour: Schema.String,
  as_of: Schema.String,
  sequence: SqlCount,
  total_coins: SqlCount,
  current_coins: SqlCount,
  bot_coins: SqlCount,
  level: SqlCount,
  streak_days: SqlCount
})
const decodeHistory = Schema.decodeUnknownEffect(Schema.Array(HistoryRow))
const decodeSnapshot = Schema.decodeUnknownEffect(Schema.fromJsonString(FarmSnapshot))

const summaryOf = (farmer: Farmer): FarmerSummary => ({
  farmer_id: farmer.farmer_id,
  display_name: farmer.display_name,
  fingerprint: fingerprintOf(farmer.public_key) ?? "",
  sample: farmer.sample !== 0,
  registered_at: farmer.registered_at,
  total_coins: farmer.total_coins,
  bot_coins: farmer.bot_coins,
  level: farmer.level,
  streak_days: farmer.streak_days,
  updated_at: farmer.as_of
})

// One row more than asked for tells whether there is another page.
const pageOf = <A>(rows: ReadonlyArray<A>, limit: number, cursor: (row: A) => string) => {
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return { page, next_cursor: rows.length > limit && last !== undefined ? cursor(last) : null }
}

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const store = yield* FarmerStore
  const board = yield* Leaderboard

  const get = Effect.fnUntraced(function* (farmerId: string) {
    const farmer = yield* store.find(farmerId)
    return farmer === null ? yield* new FarmerUnknown({ farmerId }) : farmer
  })

  const list = Effect.fn("FarmerProfiles.list")(function* (limit: number, cursor: string | null) {
    const most = Math.min(limit, pageLimitMax)
    const rows = yield* sql`SELECT * FROM village_farmer WHERE farmer_id > ${cursor ?? ""}
      ORDER BY farmer_id LIMIT ${most + 1}`.pipe(Effect.flatMap(decodeFarmers), orVillageUnavailable)
    const { next_cursor, page } = pageOf(rows, most, ({ farmer_id }) => farmer_id)
    return { farmers: page.map(summaryOf), next_cursor }
  })

  const profile = Effect.fn("FarmerProfiles.profile")(function* (farmerId: string) {
    const farmer = yield* get(farmerId)
    const rows = yield* orVillageUnavailable(
      sql<{ snapshot: string }>`SELECT snapshot FROM village_snapshot WHERE farmer_id = ${farmerId}`
    )
    const text = rows[0]?.snapshot
    // The farmer left between the two reads.
    if (text === undefined) return yield* new FarmerUnknown({ farmerId })
    return {
      ...summaryOf(farmer),
      public_key: farmer.public_key,
      ranks: yield* board.ranksOf(farmer),
      last_sync_at: farmer.last_sync_at,
      last_error:
        farmer.last_error === null || farmer.last_error_at === null
          ? null
          : { code: farmer.last_error, at: farmer.last_error_at },
      snapshot: yield* Effect.mapError(decodeSnapshot(text), (cause) => new VillageUnavailable({ cause }))
    }
  })

  const history = Effect.fn("FarmerProfiles.history")(function* (
    farmerId: string,
    limit: number,
    cursor: string | null
  ) {
    yield* get(farmerId)
    const most = Math.min(limit, pageLimitMax)
    // "a" sorts after every hour.
    const rows = yield* sql`SELECT * FROM village_history WHERE farmer_id = ${farmerId} AND hour < ${cursor ?? "a"}
      ORDER BY hour DESC LIMIT ${most + 1}`.pipe(Effect.flatMap(decodeHistory), orVillageUnavailable)
    const { next_cursor, page } = pageOf(rows, most, ({ hour }) => hour)
    return {
      farmer_id: farmerId,
      entries: page.map(({ hour: _, sequence, ...entry }) => ({ ...entry, proofs: sequence })),
      next_cursor
    }
  })

  return { list, profile, history } as const
})

/** Reads about farmers, for anybody. Needs the tables of `villageMigrations`. */
export class FarmerProfiles extends Context.Service<FarmerProfiles>()("@farmops/core/village/FarmerProfiles", {
  make
}) {
  static readonly layer: Layer.Layer<FarmerProfiles, never, FarmerStore | Leaderboard | SqlClient.SqlClient> =
    Layer.effect(this, this.make)
}
