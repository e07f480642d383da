/** What a ledger is founded with and keeps for life: its id, its time zone, its secret salt. Made at the first start. */
import { FarmSalt, farmSaltFromHex, farmSaltToHex } from "@farmops/proof/FarmSalt"
import { uuidV7 } from "@farmops/proof/UuidV7"
import { Context, DateTime, Effect, Layer, type Redacted, Runtime, Schema } from "effect"
import { SqlClient, type SqlError } from "effect/sql"
import { exitCodes } from "../host/exitCodes.ts"
import { isTimeZone } from "../scoring/farmDay.ts"
import { FarmName, farmNameMax } from "./FarmSnapshot.ts"
import { emptyTotals } from "./FarmTotals.ts"
import { LedgerUnavailable, orLedgerUnavailable } from "./LedgerUnavailable.ts"
import { foundFarm, readTotals } from "./ProjectionStore.ts"
import { renewAchievements } from "./renewAchievements.ts"
import { ActiveShop } from "./shop/ActiveShop.ts"
import { wireNow } from "./wireTime.ts"

/** Another time zone was asked for at a start than the ledger's. It changes by a decision in the ledger only. */
export class TimeZoneFixed extends Schema.TaggedError<TimeZoneFixed>()("TimeZoneFixed", {
  kept: Schema.String,
  asked: Schema.String
}) {
  override get message() {
    return `this ledger counts its days in ${this.kept}; leave out the time zone ${this.asked}, or change the ledger's: farmops tracker time-zone set ${this.asked}`
  }
  override readonly [Runtime.errorExitCode] = exitCodes.config
}

/** No such IANA time zone is known here. */
export class TimeZoneUnknown extends Schema.TaggedError<TimeZoneUnknown>()("TimeZoneUnknown", {
  asked: Schema.String
}) {
  override get message() {
    return `${JSON.stringify(this.asked)} is no time zone; use a name such as Europe/Berlin or UTC`
  }
  override readonly [Runtime.errorExitCode] = exitCodes.config
}

/** The name is none that could be shown to others. */
export class FarmNameUnusable extends Schema.TaggedError<FarmNameUnusable>()("FarmNameUnusable", {}) {
  override get message() {
    return `the farm's name must be one line of 1 to ${farmNameMax} printable characters`
  }
  override readonly [Runtime.errorExitCode] = exitCodes.config
}

/** What a start may ask for. */
export interface LedgerOptions {
  /** An IANA name; null takes the ledger's own, or the system's for a new ledger. */
  readonly timeZone: string | null
  /** The name that the farm shows; it may change with each start. */
  readonly farmName: string
  /** Whether the farm grows from a made-up repository. Once said, it stays said: the ledger holds such proofs for ever. */
  readonly sample: boolean
}

/** The settings of one ledger. Read once at start: only the farm's name differs from one start to the next. */
export class LedgerSettings extends Context.Service<
  LedgerSettings,
  {
    readonly farmId: string
    readonly farmName: string
    /** In which the ledger's first days were counted; in which today is, says its calendar. */
    readonly timeZone: string
    readonly sample: boolean
    readonly foundedAt: string
    /** Key of the HMAC behind every `actor_hash`. Handed to approved agents only. */
    readonly farmSalt: Redacted.Redacted<Uint8Array>
  }
>()("@farmops/core/farm/LedgerSettings") {
  /** Needs the tables of `ledgerMigrations`. */
  static readonly layer = (
    options: LedgerOptions
  ): Layer.Layer<
    LedgerSettings,
    LedgerUnavailable | TimeZoneFixed | TimeZoneUnknown | FarmNameUnusable,
    SqlClient.SqlClient
  > => Layer.effect(this, make(options))
}

/** Reads one setting; null where it was never set. */
export const readSetting = Effect.fnUntraced(function* (name: string) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<{ value: string }>`SELECT value FROM tracker_setting WHERE name = ${name}`
  return row?.value ?? null
})

/** Sets a setting, whatever it was. */
export const writeSetting = Effect.fnUntraced(function* (name: string, value: string) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`INSERT INTO tracker_setting ${sql.insert({ name, value })}
    ON CONFLICT (name) DO UPDATE SET value = excluded.value`
})

/** The kept value, or `first` from now on. Of two starts at once both end up with the same one. */
const settle = Effect.fnUntraced(function* (name: string, first: Effect.Effect<string>) {
  const kept = yield* readSetting(name)
  if (kept !== null) return kept
  const sql = yield* SqlClient.SqlClient
  const value = yield* first
  yield* sql`INSERT INTO tracker_setting ${sql.insert({ name, value })} ON CONFLICT (name) DO NOTHING`
  return (yield* readSetting(name)) ?? value
})

const systemTimeZone = Effect.sync(() => {
  const name = DateTime.zoneToString(DateTime.zoneMakeLocal())
  return isTimeZone(name) ? name : "UTC"
})

const isFarmName = Schema.is(FarmName)

const make = Effect.fn("LedgerSettings.make")(
  function* (options: LedgerOptions) {
    if (!isFarmName(options.farmName)) return yield* new FarmNameUnusable()
    const asked = options.timeZone
    if (asked !== null && !isTimeZone(asked)) return yield* new TimeZoneUnknown({ asked })
    const timeZone = yield* settle("time_zone", asked === null ? systemTimeZone : Effect.succeed(asked))
    const salt = farmSaltFromHex(yield* settle("farm_salt", Effect.map(FarmSalt.generate, farmSaltToHex)))
    if (salt === null) return yield* new LedgerUnavailable({ cause: "the stored farm salt is damaged" })
    if (options.sample) yield* writeSetting("sample", "true")
    const foundedAt = yield* settle("founded_at", wireNow)
    yield* orLedgerUnavailable(foundFarm(emptyTotals({ foundedAt, timeZone }, (yield* ActiveShop).achievements)))
    const kept = (yield* orLedgerUnavailable(readTotals()))?.totals.calendar.changes.at(-1)?.time_zone ?? timeZone
    if (asked !== null && asked !== kept && asked !== timeZone) return yield* new TimeZoneFixed({ kept, asked })
    if (asked !== null && asked !== kept) {
      yield* Effect.logWarning(
        "the farm moved since it was founded; the time zone of this start's arguments is not used"
      ).pipe(Effect.annotateLogs({ asked, kept }))
    }
    yield* orLedgerUnavailable(renewAchievements)
    return LedgerSettings.of({
      farmId: yield* settle("farm_id", uuidV7),
      farmName: options.farmName,
      timeZone,
      sample: (yield* readSetting("sample")) === "true",
      foundedAt,
      farmSalt: salt
    })
  },
  Effect.catchTag("SqlError", (cause: SqlError.SqlError) => Effect.fail(new LedgerUnavailable({ cause })))
)
