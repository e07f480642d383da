/**
 * In which time zone the farm counts its days. A change is an event of the ledger and begins when the present farm-day is
 * over: see `LedgerCalendar`. What was counted before stays counted, also in a replay.
 */
import { ProofTimestamp } from "@farmops/proof/FarmProof"
import { Context, Effect, Layer, Result, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import { dayOfNumber } from "../scoring/farmDay.ts"
import { changeZone, timeZoneAt, type ZoneChangeRefusal } from "../scoring/LedgerCalendar.ts"
import { appendFact, presentTotals } from "./appendFact.ts"
import { todayOf } from "./describeFarm.ts"
import type { FarmTotals } from "./FarmTotals.ts"
import { LedgerCommits } from "./LedgerCommits.ts"
import type { LedgerSettings } from "./LedgerSettings.ts"
import { makeOnLedger } from "./makeOnLedger.ts"
import type { TrackerKey } from "./TrackerKey.ts"
import { underFarmLock } from "./underFarmLock.ts"
import { wireNow } from "./wireTime.ts"

/** The zone of today, and the one that days will be counted in. */
export const ZoneInForce = Schema.Struct({
  /** In which the present farm-day began. */
  time_zone: Schema.String,
  farm_day: Schema.String,
  /** Decided and not begun: the first farm-day of the next zone, and when it begins. Null where nothing is to come. */
  next: Schema.NullOr(Schema.Struct({ time_zone: Schema.String, from_day: Schema.String, from: ProofTimestamp }))
})

/** See the schema of the same name. */
export type ZoneInForce = typeof ZoneInForce.Type

/** What a change came to. */
export const ZoneDecision = Schema.Struct({
  ...ZoneInForce.fields,
  /** Where the ledger has it. */
  event: Schema.Struct({ position: Schema.Int, at: ProofTimestamp })
})

/** See the schema of the same name. */
export type ZoneDecision = typeof ZoneDecision.Type

/** Why a zone is not changed, as {@link ZoneRefused} names it. */
export const zoneRefusals = ["unknown_zone", "same_zone", "under_way", "too_many", "end_of_time"] as const

const details: Record<ZoneChangeRefusal, (asked: string) => string> = {
  unknown_zone: (asked) => `${JSON.stringify(asked)} is no time zone; use a name such as Europe/Berlin or UTC.`,
  same_zone: (asked) => `Days are counted in ${asked} already, or will be from the next day on.`,
  under_way: () => "The change before this one is under way; ask again when its first day has begun.",
  too_many: () => "The ledger has as many changes of its zone as it can hold.",
  end_of_time: () => "No later day can be spelled."
}

/** The zone stays as it is, and nothing was written. */
export class ZoneRefused extends Schema.TaggedError<ZoneRefused>()("ZoneRefused", {
  code: Schema.Literals(zoneRefusals),
  detail: Schema.String
}) {}

const describe = (totals: FarmTotals, now: string): ZoneInForce => {
  const { calendar } = totals
  const last = calendar.changes.at(-1)
  return {
    time_zone: timeZoneAt(calendar, now),
    farm_day: dayOfNumber(todayOf(totals, now)),
    next:
      last === undefined || last.from <= now
        ? null
        : { time_zone: last.time_zone, from_day: dayOfNumber(last.from_day), from: last.from }
  }
}

const newestDay = ({ scoring }: FarmTotals): number | undefined => {
  const days = [scoring.human, scoring.bot].flatMap((board) => board.days.at(-1)?.day ?? [])
  return days.length === 0 ? undefined : Math.max(...days)
}

const changeTo = Effect.fnUntraced(function* (timeZone: string) {
  const stored = yield* presentTotals
  const { calendar, updatedAt } = stored.totals
  const clock = yield* wireNow
  // A clock that was set back must not decide on a day that is over.
  const now = updatedAt > clock ? updatedAt : clock
  const newest = newestDay(stored.totals)
  const decided = changeZone({ calendar, timeZone, now, ...(newest === undefined ? {} : { newestDay: newest }) })
  if (Result.isFailure(decided)) {
    const code = decided.failure
    return yield* new ZoneRefused({ code, detail: details[code](timeZone.slice(0, 64)) })
  }
  const { at, position, totals } = yield* appendFact(stored, { kind: "time_zone_changed", ...decided.success })
  const decision: ZoneDecision = { ...describe(totals, clock), event: { position, at } }
  return decision
})

const make = Effect.gen(function* () {
  const { announce } = yield* LedgerCommits

  const onLedger = yield* makeOnLedger

  const inForce = Effect.gen(function* () {
    const { totals } = yield* onLedger(presentTotals)
    return describe(totals, yield* wireNow)
  }).pipe(Effect.withSpan("LedgerTimeZone.inForce"))

  const change = Effect.fn("LedgerTimeZone.change")((timeZone: string) =>
    onLedger(underFarmLock(changeTo(timeZone))).pipe(
      Effect.tap(() => announce),
      Effect.uninterruptible
    )
  )

  return {
    inForce,
    /** Counts days in another zone once the present one is over. */
    change
  } as const
})

/** See the top of the file. */
export class LedgerTimeZone extends Context.Service<LedgerTimeZone>()("@farmops/core/farm/LedgerTimeZone", { make }) {
  /** Needs the tables of `ledgerMigrations`. */
  static readonly layer: Layer.Layer<LedgerTimeZone, never, LedgerSettings | SqlClient.SqlClient | TrackerKey> =
    Layer.effect(this, this.make).pipe(Layer.provide(LedgerCommits.layer))
}
