/** The farm's seasons: the owner opens one, everybody who may read sees what was earned in each. */
import { ProofTimestamp } from "@farmops/proof/FarmProof"
import { Context, Effect, Layer, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import { appendFact, presentTotals } from "../appendFact.ts"
import { ItemName, Slug } from "../economy/Item.ts"
import { LedgerCommits } from "../LedgerCommits.ts"
import type { LedgerSettings } from "../LedgerSettings.ts"
import { makeOnLedger } from "../makeOnLedger.ts"
import type { TrackerKey } from "../TrackerKey.ts"
import { underFarmLock } from "../underFarmLock.ts"
import { wireNow } from "../wireTime.ts"
import { FarmSeason } from "./FarmSeason.ts"

/** The present season, whose end may be over, and those before it, oldest first. */
export const FarmSeasons = Schema.Struct({ open: Schema.NullOr(FarmSeason), past: Schema.Array(FarmSeason) })

/** See the schema of the same name. */
export type FarmSeasons = typeof FarmSeasons.Type

/** What the owner opens. */
export const SeasonWish = Schema.Struct({
  season: Slug,
  name: ItemName,
  ends_at: Schema.NullOr(ProofTimestamp)
})

/** See the schema of the same name. */
export type SeasonWish = typeof SeasonWish.Type

/** Some a year for decades; every group of proofs writes them all. */
export const seasonsMax = 200

/** Why a season is not opened, as {@link SeasonRefused} names it. */
export const seasonRefusals = ["season_known", "ends_too_soon", "too_many"] as const

/** No season was opened, and nothing was written. */
export class SeasonRefused extends Schema.TaggedError<SeasonRefused>()("SeasonRefused", {
  code: Schema.Literals(seasonRefusals),
  detail: Schema.String
}) {}

const refuse = (code: SeasonRefused["code"], detail: string) => new SeasonRefused({ code, detail })

const openAfter = Effect.fnUntraced(function* (wish: SeasonWish) {
  const stored = yield* presentTotals
  const { open, past } = stored.totals.seasons
  const known = open === null ? past : [...past, open]
  if (known.some(({ season }) => season === wish.season)) {
    return yield* refuse(
      "season_known",
      `There was a season ${wish.season} already; its sums are kept under this name.`
    )
  }
  if (known.length >= seasonsMax) return yield* refuse("too_many", `A ledger holds ${seasonsMax} seasons.`)
  const now = yield* wireNow
  if (wish.ends_at !== null && wish.ends_at <= now) return yield* refuse("ends_too_soon", `It is ${now} already.`)
  const { totals } = yield* appendFact(stored, { kind: "season_opened", ...wish })
  return totals.seasons
})

const make = Effect.gen(function* () {
  const { announce } = yield* LedgerCommits

  const onLedger = yield* makeOnLedger

  const told = ({ open, past }: FarmSeasons): FarmSeasons => ({ open, past })

  const all = Effect.map(onLedger(presentTotals), ({ totals }) => told(totals.seasons)).pipe(
    Effect.withSpan("Seasons.all")
  )

  const open = Effect.fn("Seasons.open")((wish: SeasonWish) =>
    onLedger(underFarmLock(openAfter(wish))).pipe(
      Effect.tap(() => announce),
      Effect.map(told),
      Effect.uninterruptible
    )
  )

  return {
    all,
    /** Begins a season; the one before keeps its sums. */
    open
  } as const
})

/** See the top of the file. */
export class Seasons extends Context.Service<Seasons>()("@farmops/core/farm/seasons/Seasons", { make }) {
  /** Needs the tables of `ledgerMigrations`. */
  static readonly layer: Layer.Layer<Seasons, never, LedgerSettings | SqlClient.SqlClient | TrackerKey> = Layer.effect(
    this,
    this.make
  ).pipe(Layer.provide(LedgerCommits.layer))
}
