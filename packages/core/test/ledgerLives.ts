/** Lives whole ledgers through random commands, beside `ledgerModel.ts`, and compares the two after each start. */
import { assert } from "@effect/vitest"
import { Effect, Layer, Result, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { refundSeconds } from "../src/farm/economy/Holdings.ts"
import { layerFoundingRules } from "../src/farm/foundingRules.ts"
import { FarmHistory } from "../src/farm/history/FarmHistory.ts"
import { Ledger } from "../src/farm/Ledger.ts"
import { LedgerRules } from "../src/farm/LedgerRules.ts"
import { LedgerTimeZone } from "../src/farm/LedgerTimeZone.ts"
import { Milestones } from "../src/farm/milestones/Milestones.ts"
import { replayLedger } from "../src/farm/rebuildProjection.ts"
import { Shop } from "../src/farm/Shop.ts"
import { Seasons } from "../src/farm/seasons/Seasons.ts"
import { ActiveShop } from "../src/farm/shop/ActiveShop.ts"
import { TrustStore } from "../src/farm/TrustStore.ts"
import { wireNow } from "../src/farm/wireTime.ts"
import { defaultRules, type Rules, rulesHash } from "../src/scoring/Rules.ts"
import { items } from "./economy/purchases.ts"
import { approvedRecoverableAgent, farmServicesIn, testNow } from "./farmLayers.ts"
import {
  dayText,
  type ModelCalendar,
  type ModelProof,
  type ModelSeason,
  modelDay,
  modelZone,
  sumUp
} from "./ledgerModel.ts"
import type { TestAgent } from "./proofFixture.ts"
import { buy, refund, smallShop } from "./shopFixture.ts"
import { listed, sendAll } from "./trustFixture.ts"

/** What may happen; `at` chooses to whom, what, or how much. */
export const LedgerCommand = Schema.Struct({
  what: Schema.Literals([
    ...["submit", "submit", "submit", "submit", "buy", "buy", "refund", "use", "wait", "wait", "back"],
    ...["revoke", "recover", "rotate", "rules", "zone", "season", "replay", "keep", "restart"]
  ] as const),
  at: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 99 }))
})
export type LedgerCommand = typeof LedgerCommand.Type

// The model counts streaks without freezes: they are off, or the streak pays nothing.
const rulesChoices: ReadonlyArray<Rules> = [
  { ...defaultRules, freeze_every_days: null, freezes_max: 0 },
  { ...defaultRules, streak_bonus: 0, upgrade_max: 1250, daily_ceiling: null },
  {
    ...defaultRules,
    base_coins: { ...defaultRules.base_coins, toil: 60 },
    fatigue_free: 1,
    daily_ceiling: 200,
    freeze_every_days: null,
    freezes_max: 0
  }
]
const zones = ["UTC", "Pacific/Auckland", "America/Los_Angeles", "Asia/Kolkata", "Pacific/Kiritimati"]
const waitsMs = [1_000, 600_000, 18_000_000, 43_200_000, 90_000_000, 260_000_000]

interface Owned {
  readonly id: string
  readonly item: string
  readonly level: number
  readonly price: number
  readonly at: number
}

interface Life {
  readonly proofs: Array<ModelProof>
  agents: Array<TestAgent>
  owned: Array<Owned>
  spent: number
  rules: Rules
  calendar: ModelCalendar
  season: ModelSeason | null
  /** When the last line was taken that sums depend on. */
  updatedAt: number
}

const nowMs = Effect.map(wireNow, Date.parse)
const farm = Effect.flatMap(Ledger, (ledger) => ledger.farm)

/** The thousandths that work against toil is multiplied by, from the prices of the shop alone. */
const upgradeAt = ({ owned, rules }: Life, now: number): number => {
  const settled = owned.filter(({ at }) => at + refundSeconds * 1000 <= now)
  const sum = settled.reduce((total, one) => {
    const item = items.find(({ slug }) => slug === one.item)
    const effects = item === undefined || item.kind === "trophy" ? [] : (item.levels[one.level - 1]?.effects ?? [])
    return effects.reduce(
      (more, effect) =>
        effect.kind === "multiply" && effect.category !== "reliability" ? more + effect.thousandths : more,
      total
    )
  }, 1000)
  return Math.min(sum, rules.upgrade_max)
}

const note = Effect.fnUntraced(function* (
  life: Life,
  agent: TestAgent,
  { board, isWork, plugin }: Pick<ModelProof, "board" | "isWork" | "plugin">
) {
  const at = yield* nowMs
  const { hash = "", sequence = 0 } = agent.head() ?? {}
  const { calendar, rules, season } = life
  const upgrade = upgradeAt(life, at)
  const proof = { hash, agentId: agent.agentId, sequence, board, at, plugin, isWork, rules, calendar, upgrade, season }
  life.proofs.push({ ...proof, isVoid: false })
  life.updatedAt = at
})

const submit = Effect.fnUntraced(function* (life: Life, agent: TestAgent, at: number) {
  const plugin = `farmops/p${at % 3}`
  const board = at % 5 === 0 ? "bot" : "human"
  const line = yield* agent.next((proof) => ({
    ...proof,
    actor: { ...proof.actor, actor_type: board },
    action: { ...proof.action, category: "toil", plugin }
  }))
  yield* sendAll([line])
  yield* note(life, agent, { board, isWork: true, plugin })
})

const handOver = { board: "bot", isWork: false, plugin: "" } as const

const recover = Effect.fnUntraced(function* (life: Life, agent: TestAgent, at: number) {
  const own = life.proofs.filter(({ agentId, isVoid }) => agentId === agent.agentId && !isVoid)
  const head = agent.head()
  yield* submit(life, agent, at)
  yield* submit(life, agent, at + 1)
  yield* sendAll([yield* agent.recover(head)])
  for (const proof of life.proofs) if (proof.agentId === agent.agentId && !own.includes(proof)) proof.isVoid = true
  yield* note(life, agent, handOver)
})

const revoke = Effect.fnUntraced(function* (life: Life, agent: TestAgent) {
  yield* (yield* TrustStore).revoke(agent.agentId, null)
  for (const proof of life.proofs) if (proof.agentId === agent.agentId) proof.isVoid = true
  life.agents = [...life.agents.filter((one) => one !== agent), yield* approvedRecoverableAgent]
})

const buyOne = Effect.fnUntraced(function* (life: Life, at: number) {
  const item = items[at % items.length]
  const balance = sumUp(life.proofs).coins.human - life.spent
  const bought = yield* Effect.result(buy(item?.slug ?? ""))
  if (Result.isFailure(bought)) return
  const { level, price, purchase_id: id } = bought.success
  assert.isAtLeast(balance, price)
  life.updatedAt = yield* nowMs
  life.owned.push({ id, item: item?.slug ?? "", level, price, at: life.updatedAt })
  life.spent += price
})

const giveUp = Effect.fnUntraced(function* (life: Life, at: number, how: "refund" | "use") {
  const found = life.owned[at % Math.max(1, life.owned.length)]
  if (found === undefined) return
  const request =
    how === "refund"
      ? Effect.asVoid(refund(found.id))
      : Effect.flatMap(Shop, (shop) => Effect.asVoid(shop.use({ purchaseId: found.id, requestKey: null })))
  if (Result.isFailure(yield* Effect.result(request))) return
  life.owned = life.owned.filter((one) => one !== found)
  if (how === "refund") life.spent -= found.price
  life.updatedAt = yield* nowMs
})

const move = Effect.fnUntraced(function* (life: Life, zone: string) {
  const { calendar, proofs } = life
  const now = yield* nowMs
  const newest = proofs.filter(({ isVoid, isWork }) => isWork && !isVoid).map((one) => modelDay(one.calendar, one.at))
  const lastDay = Math.max(modelDay(calendar, Math.max(now, life.updatedAt)), ...newest)
  const answer = yield* Effect.result((yield* LedgerTimeZone).change(zone))
  if (Result.isFailure(answer)) {
    assert.propertyVal(answer.failure, "_tag", "ZoneRefused")
    return
  }
  const { next } = answer.success
  const fromDay = Date.parse(`${next?.from_day}T00:00:00Z`) / 86_400_000
  assert.isAbove(fromDay, lastDay)
  const from = Date.parse(next?.from ?? "")
  const begun = calendar.spans.filter((span) => span.fromDay <= lastDay)
  life.calendar = { ...calendar, spans: [...begun, { zone, from, fromDay, lastDay }] }
  // No instant that has passed, nor the present one, gets another day.
  assert.strictEqual(modelDay(life.calendar, now), modelDay(calendar, now))
  life.updatedAt = now
})

const openSeason = Effect.fnUntraced(function* (life: Life, at: number) {
  const from = yield* nowMs
  const until = at % 2 === 0 ? from + at * 3_600_000 + 1000 : Number.POSITIVE_INFINITY
  const ends_at = at % 2 === 0 ? `${new Date(until).toISOString().slice(0, 19)}Z` : null
  const name = `s${life.proofs.length}-${at}`
  const opened = yield* Effect.result((yield* Seasons).open({ season: name, name, ends_at }))
  if (Result.isFailure(opened)) return assert.deepInclude(opened.failure, { code: "season_known" })
  life.season = { name, from, until }
  life.updatedAt = from
})

const same = { sums_equal: true, rewards_differ: 0, voids_differ: 0, milestones_differ: 0 }

const obey = Effect.fnUntraced(function* (life: Life, { at, what }: LedgerCommand) {
  const agent = life.agents[at % life.agents.length]
  if (agent === undefined) return
  switch (what) {
    case "submit":
      return yield* submit(life, agent, at)
    case "rotate":
      yield* sendAll([yield* agent.rotate()])
      return yield* note(life, agent, handOver)
    case "recover":
      return yield* recover(life, agent, at)
    case "revoke":
      return yield* revoke(life, agent)
    case "buy":
      return yield* buyOne(life, at)
    case "refund":
    case "use":
      return yield* giveUp(life, at, what)
    case "rules": {
      const rules = rulesChoices[at % rulesChoices.length] ?? defaultRules
      const { event } = yield* (yield* LedgerRules).change(rules)
      if (event !== null) life.updatedAt = yield* nowMs
      life.rules = rules
      return
    }
    case "zone":
      return yield* move(life, zones[at % zones.length] ?? "UTC")
    case "season":
      return yield* openSeason(life, at)
    case "wait":
      return yield* TestClock.adjust(waitsMs[at % waitsMs.length] ?? 0)
    case "back":
      // Never to before the farm was founded.
      return yield* TestClock.setTime(Math.max(Date.parse(testNow), (yield* nowMs) - 60_000 * at))
    case "keep":
      return yield* (yield* Milestones).keep
    case "replay":
      assert.deepInclude(yield* replayLedger(), same)
      return assert.deepInclude(yield* replayLedger({ full: true }), { ...same, from: 0 })
    case "restart":
      return
  }
})

const check = Effect.fnUntraced(function* (life: Life) {
  const { coins, paid, seasons, todayCoins } = sumUp(life.proofs)
  const now = yield* nowMs
  const newest = life.proofs
    .filter(({ board, isVoid, isWork }) => board === "human" && isWork && !isVoid)
    .map((one) => modelDay(one.calendar, one.at))
  const today = Math.max(modelDay(life.calendar, now), ...newest)
  const state = yield* farm
  assert.deepInclude(state, {
    total_coins: coins.human,
    bot_coins: coins.bot,
    current_coins: Math.max(0, coins.human - life.spent),
    debt: Math.max(0, life.spent - coins.human),
    proofs: life.proofs.length,
    ruleset_hash: rulesHash(life.rules),
    time_zone: modelZone(life.calendar, now),
    farm_day: dayText(today),
    today_coins: todayCoins(today)
  })
  for (const { agentId } of life.agents) {
    for (const { coins: stored, hash } of yield* listed(agentId)) assert.strictEqual(stored, paid.get(hash), hash)
  }
  const { open, past } = yield* (yield* Seasons).all
  for (const { bot, human, season } of [...past, ...(open === null ? [] : [open])]) {
    const sums = seasons.get(season) ?? { human: [0, 0, 0], bot: [0, 0, 0] }
    const shown = [human, bot].map((one) => [one.coins, one.proofs, one.days])
    assert.deepStrictEqual(shown, [[...sums.human], [...sums.bot]], season)
  }
  assert.deepStrictEqual(yield* (yield* FarmHistory).farmAt(yield* wireNow), state)
  assert.deepInclude(yield* replayLedger(), same)
})

/** The commands between one start of the tracker and the next. */
const starts = (commands: ReadonlyArray<LedgerCommand>): ReadonlyArray<ReadonlyArray<LedgerCommand>> => {
  const ends = commands.flatMap(({ what }, at) => (what === "restart" ? [at + 1] : []))
  return [0, ...ends].map((from, at) => commands.slice(from, ends[at] ?? commands.length))
}

const trackerIn = (timeZone: string | null, database: Layer.Layer<SqlClient.SqlClient>) =>
  Layer.fresh(
    Layer.mergeAll(layerFoundingRules, Milestones.layer(7), FarmHistory.layer).pipe(
      Layer.provideMerge(farmServicesIn(timeZone)),
      Layer.provideMerge(Layer.succeed(ActiveShop, smallShop))
    )
  ).pipe(Layer.provideMerge(database))

/** Lets a farm on a fresh database live through the commands, and asserts after each start that it is what the model is. */
export const ledgerLives = Effect.fnUntraced(function* <E>(
  commands: ReadonlyArray<LedgerCommand>,
  fresh: Layer.Layer<SqlClient.SqlClient, E>
) {
  yield* TestClock.setTime(Date.parse(testNow))
  const database = Layer.succeedContext(yield* Layer.build(fresh))
  const [firstRules = defaultRules] = rulesChoices
  const life: Life = {
    proofs: [],
    agents: [],
    owned: [],
    spent: 0,
    rules: firstRules,
    calendar: { zone: "UTC", spans: [] },
    season: null,
    updatedAt: Date.parse(testNow)
  }
  yield* Effect.gen(function* () {
    yield* (yield* LedgerRules).change(firstRules)
    life.agents = [yield* approvedRecoverableAgent, yield* approvedRecoverableAgent]
  }).pipe(Effect.provide(trackerIn("UTC", database)))
  for (const some of starts(commands)) {
    yield* Effect.gen(function* () {
      for (const one of some) yield* obey(life, one)
      yield* check(life)
    }).pipe(Effect.provide(trackerIn(null, database)))
  }
}, Effect.scoped)
