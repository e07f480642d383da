/** Random lives of a farm whose past is asked for: each answer must be what the farm showed then, or would have shown. */
import { assert } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import { TestClock } from "effect/testing"
import { describeFarm } from "../src/farm/describeFarm.ts"
import type { FarmState } from "../src/farm/FarmState.ts"
import { foldLedger } from "../src/farm/foldLedger.ts"
import { foldNothing } from "../src/farm/foldStart.ts"
import { FarmHistory } from "../src/farm/history/FarmHistory.ts"
import { readLength, timeOfLine } from "../src/farm/history/ledgerMoments.ts"
import { Ledger } from "../src/farm/Ledger.ts"
import { LedgerRules } from "../src/farm/LedgerRules.ts"
import { LedgerSettings } from "../src/farm/LedgerSettings.ts"
import { LedgerTimeZone } from "../src/farm/LedgerTimeZone.ts"
import { Milestones } from "../src/farm/milestones/Milestones.ts"
import { TrustStore } from "../src/farm/TrustStore.ts"
import { readStandings } from "../src/farm/trust/readStandings.ts"
import { wireNow } from "../src/farm/wireTime.ts"
import { defaultRules } from "../src/scoring/Rules.ts"
import { approvedRecoverableAgent } from "./farmLayers.ts"
import type { TestAgent } from "./proofFixture.ts"
import { buy, earn, refund, shopLayer } from "./shopFixture.ts"
import { sendAll } from "./trustFixture.ts"

/** What may happen between two looks at the farm; `at` chooses among what it may happen to. */
export const HistoryStep = Schema.Struct({
  what: Schema.Literals([
    ...["work", "work", "work", "buy", "refund", "rules", "zone", "wait", "wait", "keep"],
    ...["revoke", "recover"]
  ] as const),
  at: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 99 }))
})
export type HistoryStep = typeof HistoryStep.Type

/** A farm whose past can be asked for, which keeps a milestone whenever it is told. */
export const historyLayer = (url?: string) =>
  Layer.merge(Milestones.layer(1), FarmHistory.layer).pipe(Layer.provideMerge(shopLayer(url)))

const zones = ["UTC", "Pacific/Auckland", "America/Los_Angeles", "Asia/Kolkata"]
const waitSeconds = [60, 7_200, 30_000, 90_000]

/** The farm at a moment. */
export const farmAt = (at: string) => Effect.flatMap(FarmHistory, (history) => history.farmAt(at))

const farm = Effect.flatMap(Ledger, (ledger) => ledger.farm)

/** The last day whose nine o'clock, when all work is done here, has been. */
const workDayAt = (now: string): string => new Date(Date.parse(now) - 9 * 3_600_000).toISOString().slice(0, 10)

interface Life {
  agents: Array<TestAgent>
  purchases: Array<string>
}

const live = Effect.fnUntraced(function* (life: Life, { at, what }: HistoryStep) {
  const agent = life.agents[at % life.agents.length] ?? (yield* approvedRecoverableAgent)
  switch (what) {
    case "work":
      return yield* earn(agent, 1 + (at % 3), workDayAt(yield* wireNow))
    case "buy": {
      const bought = yield* Effect.result(buy(["shed", "barn", "field", "fence"][at % 4] ?? "barn"))
      if (bought._tag === "Success") life.purchases.push(bought.success.purchase_id)
      return
    }
    case "refund":
      return yield* Effect.result(refund(life.purchases.pop() ?? "01939f2e-0000-7000-8000-00000000000f"))
    case "rules":
      return yield* (yield* LedgerRules).change({ ...defaultRules, daily_ceiling: at < 50 ? 100 + at : null })
    case "zone":
      return yield* Effect.result((yield* LedgerTimeZone).change(zones[at % zones.length] ?? "UTC"))
    case "wait":
      return yield* TestClock.adjust((waitSeconds[at % waitSeconds.length] ?? 1) * 1000)
    case "keep":
      return yield* (yield* Milestones).keep
    case "revoke":
      yield* (yield* TrustStore).revoke(agent.agentId, null)
      life.agents = [...life.agents.filter((one) => one !== agent), yield* approvedRecoverableAgent]
      return
    case "recover": {
      const head = agent.head()
      yield* sendAll(yield* agent.chain(2))
      yield* sendAll([yield* agent.recover(head)])
      return
    }
  }
})

/** The farm after a line, from nothing but the lines before it and what the whole ledger makes of them. */
const plainFarmAt = Effect.fnUntraced(function* (position: number) {
  const { standing } = yield* readStandings
  const onPage = () => Effect.void
  const { categories, totals } = yield* foldLedger(yield* foldNothing, { standing, until: position + 1, onPage })
  const now = (yield* timeOfLine(position)) ?? ""
  return describeFarm({ totals, categories, settings: yield* LedgerSettings, now })
})

/**
 * Lives through the steps and asks for the past after each: `now` is the present farm to the byte, each line and time is what
 * was seen then as long as nothing was judged anew, and what a plain walk over the ledger gives in any case.
 */
export const pastIsKept = Effect.fnUntraced(function* (steps: ReadonlyArray<HistoryStep>) {
  const life: Life = { agents: [yield* approvedRecoverableAgent, yield* approvedRecoverableAgent], purchases: [] }
  let seen: Array<{ readonly line: string; readonly time: string; readonly state: FarmState }> = []
  let judged = 0
  for (const step of steps) {
    // No two steps are taken in one second.
    yield* TestClock.adjust(1000)
    const before = yield* readLength
    yield* live(life, step)
    const { entries, settled } = yield* readLength
    const time = yield* wireNow
    const state = yield* farm
    assert.strictEqual(JSON.stringify(yield* farmAt(time)), JSON.stringify(state))
    if (settled !== judged) seen = []
    judged = settled
    if (entries > before.entries) seen.push({ line: String(entries - 1), time, state })
  }
  for (const { line, state, time } of seen) {
    assert.strictEqual(JSON.stringify(yield* farmAt(line)), JSON.stringify(state), `line ${line}`)
    assert.strictEqual(JSON.stringify(yield* farmAt(time)), JSON.stringify(state), time)
  }
  const { entries } = yield* readLength
  for (let position = 0; position < entries; position += 1 + Math.floor(entries / 10)) {
    const plain = JSON.stringify(yield* plainFarmAt(position))
    assert.strictEqual(JSON.stringify(yield* farmAt(String(position))), plain, `line ${position}`)
  }
})
