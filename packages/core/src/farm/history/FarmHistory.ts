/**
 * The farm as it stood at a moment of its past, by what the ledger now says of that past: work that was voided since counts for
 * nothing then either. Folded from the newest milestone before; the ledger goes on taking proofs meanwhile.
 */
import { Context, Effect, Layer, Schema, Semaphore } from "effect"
import { SqlClient } from "effect/sql"
import { farmDayIn, lastSecondOf } from "../../scoring/LedgerCalendar.ts"
import { presentTotals } from "../appendFact.ts"
import { describeFarm } from "../describeFarm.ts"
import type { FarmState } from "../FarmState.ts"
import { foldLedger } from "../foldLedger.ts"
import { foldFromMilestone, foldNothing } from "../foldStart.ts"
import { LedgerSettings } from "../LedgerSettings.ts"
import { LedgerUnavailable, orDatabaseUnavailable } from "../LedgerUnavailable.ts"
import { ActiveShop } from "../shop/ActiveShop.ts"
import { wireNow } from "../wireTime.ts"
import { entriesBy, readLength, timeOfLine } from "./ledgerMoments.ts"
import { type Moment, parseMoment } from "./parseMoment.ts"

/** What a moment may be refused for. */
export const momentRefusals = ["bad_moment", "in_future", "before_founding", "no_such_line", "too_far"] as const

/** There is no farm of this moment, or none that can be worked out here. */
export class MomentRefused extends Schema.TaggedError<MomentRefused>()("MomentRefused", {
  code: Schema.Literals(momentRefusals),
  detail: Schema.String
}) {}

/** Too many ask for the past already. */
export class HistoryBusy extends Schema.TaggedError<HistoryBusy>()("HistoryBusy", {}) {}

/** Lines that one answer may score again: some ten seconds. */
export const foldLinesMax = 100_000

/** Lines that are scored before intake gets its turn: some ten milliseconds. */
const pageLines = 100

/** Those that wait for their turn; each takes seconds at most. */
const waitingMax = 8

/** Answers that are remembered, of a kilobyte or two each. */
const answersMax = 64

/** A recovery or a revocation may change the past while it is folded; more than this many in a row are no accident. */
const triesMax = 3

/** A beginning of the ledger, and the moment at which it is looked at. */
interface Standpoint {
  readonly size: number
  readonly now: string
}

const refuse = (code: MomentRefused["code"], detail: string) => new MomentRefused({ code, detail })

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const settings = yield* LedgerSettings
  const shop = yield* ActiveShop
  const turn = yield* Semaphore.make(1)
  const answers = new Map<string, FarmState>()
  let waiting = 0

  const standAt = Effect.fnUntraced(function* (time: string, present: string) {
    if (time > present) return yield* refuse("in_future", `It is ${present}; there is no farm of ${time} yet.`)
    const { foundedAt } = settings
    if (time < foundedAt) return yield* refuse("before_founding", `The farm was founded at ${foundedAt}.`)
    // A clock that was set back may have taken lines at times that are still to come: all of them are there now.
    const size = time === present ? (yield* readLength).entries : yield* entriesBy(time)
    const standpoint: Standpoint = { size, now: time }
    return standpoint
  })

  const standpointOf = Effect.fnUntraced(function* (moment: Moment) {
    const present = yield* wireNow
    if (moment.kind === "time") return yield* standAt(moment.time, present)
    if (moment.kind === "line") {
      const now = yield* timeOfLine(moment.position)
      if (now === null) return yield* refuse("no_such_line", `The ledger has no line ${moment.position} yet.`)
      const standpoint: Standpoint = { size: moment.position + 1, now }
      return standpoint
    }
    const { calendar } = (yield* presentTotals).totals
    const isToday = farmDayIn(calendar, present) === moment.day
    return yield* standAt(isToday ? present : lastSecondOf(calendar, moment.day), present)
  })

  const foldTo = Effect.fnUntraced(function* ({ now, size }: Standpoint) {
    const found = (yield* foldFromMilestone(0, size)) ?? (yield* foldNothing)
    if (size - found.size > foldLinesMax) {
      return yield* refuse(
        "too_far",
        `The sums nearest before were kept ${size - found.size} lines earlier, which is too far.`
      )
    }
    // No answer has days, and joining years of them page by page takes longer than scoring.
    const start = { ...found, change: { ...found.change, days: [] } }
    const how = { standing: null, until: size, pageLines, onPage: () => Effect.yieldNow }
    const { categories, totals } = yield* foldLedger(start, how)
    return describeFarm({ totals, categories, settings, now })
  })

  const remember = (key: string, state: FarmState) => {
    answers.delete(key)
    answers.set(key, state)
    for (const oldest of answers.keys()) {
      if (answers.size <= answersMax) break
      answers.delete(oldest)
    }
  }

  const answer = Effect.fnUntraced(function* (moment: Moment) {
    const standpoint = yield* standpointOf(moment)
    for (let tries = 0; tries < triesMax; tries++) {
      const { settled } = yield* readLength
      const key = `${settled} ${standpoint.size} ${standpoint.now}`
      const state = answers.get(key) ?? (yield* foldTo(standpoint))
      if ((yield* readLength).settled !== settled) continue
      remember(key, state)
      return state
    }
    return yield* new LedgerUnavailable({ cause: "the past was judged anew each time that it was read" })
  })

  const inTurn = <A, E>(effect: Effect.Effect<A, E>) =>
    Effect.suspend((): Effect.Effect<A, E | HistoryBusy> => {
      if (waiting >= waitingMax) return Effect.fail(new HistoryBusy())
      waiting++
      return turn
        .withPermits(1)(effect)
        .pipe(
          Effect.ensuring(
            Effect.sync(() => {
              waiting--
            })
          )
        )
    })

  const farmAt = Effect.fn("FarmHistory.farmAt")(function* (at: string) {
    const moment = parseMoment(at)
    if (moment === null) {
      return yield* refuse(
        "bad_moment",
        "Name a time such as 2026-03-04T10:00:00Z, a farm-day such as 2026-03-04, or a line of the ledger such as 812."
      )
    }
    return yield* inTurn(
      answer(moment).pipe(
        orDatabaseUnavailable,
        Effect.provideService(SqlClient.SqlClient, sql),
        Effect.provideService(LedgerSettings, settings),
        Effect.provideService(ActiveShop, shop)
      )
    )
  })

  return {
    /** The farm at a time, at the end of a farm-day, or after a line; see {@link Moment}. Its name is that of today. */
    farmAt
  } as const
})

/** See the top of the file. */
export class FarmHistory extends Context.Service<FarmHistory>()("@farmops/core/farm/history/FarmHistory", { make }) {
  /** Needs the tables of `ledgerMigrations`. */
  static readonly layer: Layer.Layer<FarmHistory, never, LedgerSettings | SqlClient.SqlClient> = Layer.effect(
    this,
    this.make
  )
}
