import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { TestClock } from "effect/testing"
import { defaultAchievements } from "../src/farm/economy/defaultAchievements.ts"
import { projectEntries } from "../src/farm/FarmProjection.ts"
import { emptyTotals, type LedgerEntry, type ProofEntry } from "../src/farm/FarmTotals.ts"
import { Ledger } from "../src/farm/Ledger.ts"
import { rebuildProjection } from "../src/farm/rebuildProjection.ts"
import { afterSeasonWork, noSeasons, openSeason } from "../src/farm/seasons/FarmSeason.ts"
import { Seasons, type SeasonWish } from "../src/farm/seasons/Seasons.ts"
import { TrustStore } from "../src/farm/TrustStore.ts"
import { dayOfNumber } from "../src/scoring/farmDay.ts"
import { horizonDays } from "../src/scoring/ScoringState.ts"
import { approvedTestAgent, onFarm } from "./farmLayers.ts"
import { changedTables, dumpLedger } from "./ledgerDump.ts"
import { proofOf } from "./scoredWork.ts"
import { earn } from "./shopFixture.ts"
import { assertReplays } from "./trustFixture.ts"

const open = (wish: SeasonWish) => Effect.flatMap(Seasons, (seasons) => seasons.open(wish))
const all = Effect.flatMap(Seasons, (seasons) => seasons.all)
const farm = Effect.flatMap(Ledger, (ledger) => ledger.farm)
const setClock = (time: string) => TestClock.setTime(Date.parse(time))
const sum = (coins: ReadonlyArray<number>) => coins.reduce((total, one) => total + one, 0)

describe("a season", () => {
  it.effect("counts what was earned since its opening, keeps it when the next is opened, and touches no coin", () =>
    onFarm(
      Effect.gen(function* () {
        const agent = yield* approvedTestAgent
        yield* setClock("2026-03-04T08:58:00Z")
        yield* earn(agent, 2)
        const before = yield* farm
        yield* open({ season: "spring", name: "Spring", ends_at: "2026-03-06T00:00:00Z" })
        assert.deepInclude(yield* farm, { total_coins: before.total_coins, current_coins: before.current_coins })
        const first = yield* earn(agent, 2)
        yield* setClock("2026-03-05T10:00:00Z")
        const second = yield* earn(agent, 1, "2026-03-05")
        // Work from before its opening is work, and none of the season.
        yield* earn(agent, 1, "2026-03-03")
        const spring = { coins: sum([...first, ...second]), proofs: 3, days: 2 }
        assert.deepInclude((yield* all).open, {
          season: "spring",
          human: spring,
          bot: { coins: 0, proofs: 0, days: 0 }
        })
        yield* setClock("2026-03-06T10:00:00Z")
        yield* earn(agent, 1, "2026-03-06")
        assert.deepInclude((yield* all).open, { season: "spring", human: spring })
        yield* open({ season: "summer", name: "Summer", ends_at: null })
        const { coins } = yield* farm.pipe(Effect.map(({ total_coins }) => ({ coins: total_coins })))
        const later = yield* earn(agent, 1, "2026-03-06")
        assert.deepStrictEqual(
          (yield* all).past.map(({ human, season }) => [season, human]),
          [["spring", spring]]
        )
        // 09:00 of that day was before the opening at 10:00.
        assert.deepInclude((yield* all).open, { season: "summer", human: { coins: 0, proofs: 0, days: 0 } })
        assert.strictEqual((yield* farm).total_coins, coins + sum(later))
        yield* assertReplays
        const stored = yield* dumpLedger
        yield* rebuildProjection({ full: true })
        assert.deepStrictEqual(changedTables(stored, yield* dumpLedger), ["tracker_farm"])
      })
    )
  )

  it.effect("takes back what a revocation voids, also from a season that is over", () =>
    onFarm(
      Effect.gen(function* () {
        const agent = yield* approvedTestAgent
        const other = yield* approvedTestAgent
        yield* setClock("2026-03-04T08:58:00Z")
        yield* open({ season: "one", name: "One", ends_at: null })
        const kept = yield* earn(agent, 1)
        yield* earn(other, 3)
        yield* open({ season: "two", name: "Two", ends_at: null })
        yield* (yield* TrustStore).revoke(other.agentId, null)
        const [one] = (yield* all).past
        assert.deepStrictEqual(one?.human, { coins: sum(kept), proofs: 1, days: 1 })
        yield* assertReplays
      })
    )
  )

  it.effect("is opened once under a name, and with an end that is to come", () =>
    onFarm(
      Effect.gen(function* () {
        const now = "2026-03-04T10:00:00Z"
        yield* open({ season: "one", name: "One", ends_at: null })
        const before = yield* dumpLedger
        const codeOf = (wish: SeasonWish) =>
          Effect.map(Effect.flip(open(wish)), (error) => error._tag === "SeasonRefused" && error.code)
        assert.strictEqual(yield* codeOf({ season: "one", name: "Again", ends_at: null }), "season_known")
        assert.strictEqual(yield* codeOf({ season: "two", name: "Two", ends_at: now }), "ends_too_soon")
        assert.deepStrictEqual(changedTables(before, yield* dumpLedger), [])
      })
    )
  )

  it.effect.prop(
    "changes no reward and no coin, wherever in a ledger it is opened",
    [
      Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 9 }))).check(Schema.isMaxLength(30)),
      Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 30 }))).check(Schema.isMaxLength(4))
    ],
    ([days, openings]) =>
      Effect.sync(() => {
        const work = days.map((day, at): ProofEntry => {
          const time = `2026-02-0${day}T12:00:00Z`
          return { position: 2 * at + 1, proof: proofOf({ at: time }), receivedAt: time, isVoid: false }
        })
        const facts = openings.map((at, index): LedgerEntry => {
          const fact = { kind: "season_opened", season: `s${index}`, name: "S", ends_at: null } as const
          return { position: 2 * at, at: "2026-02-01T00:00:00Z", fact }
        })
        const founded = emptyTotals({ foundedAt: "2026-01-01T00:00:00Z", timeZone: "UTC" }, defaultAchievements)
        const terms = { achievements: defaultAchievements }
        const plain = projectEntries(founded, work, terms)
        const entries = [...work, ...facts].sort((a, b) => a.position - b.position)
        const counted = projectEntries(founded, entries, terms)
        assert.deepStrictEqual(counted.details, plain.details)
        assert.deepStrictEqual(counted.days, plain.days)
        const { open: last, past } = counted.totals.seasons
        const since = work.filter(({ position }) => position > 2 * Math.min(...openings))
        const sums = [...past, ...(last === null ? [] : [last])]
        assert.strictEqual(
          sums.reduce((total, { human }) => total + human.proofs, 0),
          since.length
        )
      })
  )

  it("counts its days once each, whatever their order, and forgets those that are too old to tell", () => {
    const opening = { kind: "season_opened", season: "s", name: "S", ends_at: null } as const
    let state = openSeason(noSeasons, opening, { at: "2026-01-01T00:00:00Z", position: 0 })
    const work = (day: number) => {
      const farmDay = dayOfNumber(20_500 + day)
      state = afterSeasonWork(state, { board: "human", at: "2026-05-01T00:00:00Z", farmDay, coins: 1 })
    }
    for (const day of [3, 1, 2, 3, 1, 5]) work(day)
    assert.deepStrictEqual(state.open?.human, { coins: 6, proofs: 6, days: 4 })
    for (let day = 6; day < horizonDays + 100; day++) work(day)
    assert.lengthOf(state.days.human, horizonDays)
    const { days } = state.open?.human ?? { days: 0 }
    work(1)
    assert.strictEqual(state.open?.human.days, days)
  })
})
