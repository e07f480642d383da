import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { Ledger } from "../src/farm/Ledger.ts"
import { LedgerRules } from "../src/farm/LedgerRules.ts"
import { TrustStore } from "../src/farm/TrustStore.ts"
import { defaultRules, type Rules, rulesHash } from "../src/scoring/Rules.ts"
import { approvedTestAgent, farmLayer, onFarm, testNow } from "./farmLayers.ts"
import { changedTables, dumpLedger } from "./ledgerDump.ts"
import { buy, earn, inShop } from "./shopFixture.ts"
import { temporaryFolder } from "./temporaryFolder.ts"
import { assertReplays, listed } from "./trustFixture.ts"

const change = (rules: Rules) => Effect.flatMap(LedgerRules, (service) => service.change(rules))
const farm = Effect.flatMap(Ledger, (ledger) => ledger.farm)

/** Toil is worth twice as much. */
const double: Rules = { ...defaultRules, base_coins: { ...defaultRules.base_coins, toil: 30 } }

describe("LedgerRules", () => {
  it.effect("pays every proof after a change by the new rules, and leaves what was paid before", () =>
    onFarm(
      Effect.gen(function* () {
        const agent = yield* approvedTestAgent
        const before = yield* earn(agent, 2)
        const changed = yield* change(double)
        assert.deepInclude(changed, { ruleset_hash: rulesHash(double) })
        assert.deepStrictEqual(changed.changes, [{ path: "base_coins.toil", before: "15", after: "30" }])
        assert.deepInclude(yield* farm, {
          ruleset_hash: rulesHash(double),
          total_coins: (before[0] ?? 0) + (before[1] ?? 0)
        })
        const after = yield* earn(agent, 2)
        assert.deepStrictEqual(
          after.map((coins) => coins / 2),
          before
        )
        yield* change(defaultRules)
        assert.deepStrictEqual(yield* earn(agent, 2), before)
        const hashes = (yield* listed(agent.agentId)).map(({ scoring_detail }) => scoring_detail.ruleset_hash)
        const [usual, other] = [rulesHash(defaultRules), rulesHash(double)]
        assert.deepStrictEqual(hashes, [usual, usual, other, other, usual, usual])
        yield* assertReplays
      })
    )
  )

  it.effect("writes nothing for the rules that are in force, in whatever order their days stand", () =>
    onFarm(
      Effect.gen(function* () {
        const before = yield* dumpLedger
        const same = yield* change({ ...defaultRules, rest_days: ["sunday", "saturday"] })
        assert.deepStrictEqual([same.event, same.ruleset_hash], [null, rulesHash(defaultRules)])
        assert.deepStrictEqual(changedTables(before, yield* dumpLedger), [])
      })
    )
  )

  it.effect("cuts what upgrades multiply by off at the new cap, and pays voided work's neighbours as before", () =>
    inShop(
      Effect.gen(function* () {
        const agent = yield* approvedTestAgent
        const other = yield* approvedTestAgent
        yield* earn(agent, 3)
        yield* earn(other, 2)
        yield* buy("shed")
        yield* TestClock.adjust("10 minutes")
        yield* earn(agent, 1)
        yield* change({ ...defaultRules, upgrade_max: 1100 })
        yield* earn(agent, 1)
        const paid = yield* listed(agent.agentId)
        assert.deepStrictEqual(
          paid.map(({ scoring_detail }) => scoring_detail.upgrade),
          [1000, 1000, 1000, 1200, 1100]
        )
        yield* (yield* TrustStore).revoke(other.agentId, null)
        assert.deepStrictEqual(
          (yield* listed(agent.agentId)).map(({ scoring_detail }) => scoring_detail.ruleset_hash),
          paid.map(({ scoring_detail }) => scoring_detail.ruleset_hash)
        )
        yield* assertReplays
      })
    )
  )

  it.effect("keeps a change over a restart", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.parse(testNow))
      const file = join(yield* temporaryFolder, "tracker.db")
      yield* Effect.provide(change(double), farmLayer(file))
      const inForce = yield* Effect.provide(
        Effect.flatMap(LedgerRules, (rules) => rules.inForce),
        farmLayer(file)
      )
      assert.deepStrictEqual(inForce, { ruleset_hash: rulesHash(double), rules: double })
    }).pipe(Effect.scoped)
  )
})
