import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { defaultAchievements } from "../src/farm/economy/defaultAchievements.ts"
import { projectEntries } from "../src/farm/FarmProjection.ts"
import { emptyTotals } from "../src/farm/FarmTotals.ts"
import { LedgerRules } from "../src/farm/LedgerRules.ts"
import { LedgerSettings } from "../src/farm/LedgerSettings.ts"
import { readFacts } from "../src/farm/readFacts.ts"
import { defaultRules, rulesHash, unsaidRules } from "../src/scoring/Rules.ts"
import { approvedTestAgent, foundedFarmLayer, testNow } from "./farmLayers.ts"
import { earn } from "./shopFixture.ts"
import { temporaryFolder } from "./temporaryFolder.ts"
import { assertReplays } from "./trustFixture.ts"

const lines = Effect.flatMap(
  SqlClient.SqlClient,
  (sql) => sql<{ position: number; kind: string }>`SELECT position, kind FROM tracker_event ORDER BY position`
)

describe("a new ledger", () => {
  it.effect("begins with the rules by which it pays, written once however often it is opened", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.parse(testNow))
      const file = join(yield* temporaryFolder, "tracker.db")
      const first = yield* Effect.provide(lines, foundedFarmLayer(file))
      assert.deepStrictEqual(first, [{ position: 0, kind: "rules_changed" }])
      const again = Effect.gen(function* () {
        assert.deepStrictEqual(yield* lines, first)
        const { inForce } = yield* LedgerRules
        assert.strictEqual((yield* inForce).ruleset_hash, rulesHash(defaultRules))
        yield* assertReplays
      })
      yield* Effect.provide(again, foundedFarmLayer(file))
    }).pipe(Effect.scoped)
  )

  it.effect("replays to the same under a version that would pay by other rules if none were said", () =>
    Effect.andThen(
      TestClock.setTime(Date.parse(testNow)),
      Effect.gen(function* () {
        yield* earn(yield* approvedTestAgent, 3)
        const other = { ...unsaidRules, base_coins: { ...unsaidRules.base_coins, toil: 1 } }
        const founded = emptyTotals(yield* LedgerSettings, defaultAchievements)
        const { totals } = projectEntries({ ...founded, rules: other }, yield* readFacts(), {
          achievements: defaultAchievements
        })
        assert.deepStrictEqual(totals.rules, defaultRules)
      }).pipe(Effect.provide(foundedFarmLayer()))
    )
  )
})

describe("a ledger that does not say by which rules it pays", () => {
  it("is paid by those of the versions that did not say so, for ever", () => {
    // Another hash here would pay every such ledger anew.
    assert.strictEqual(rulesHash(unsaidRules), "c04eaf59a9f23a75a2ad09d4e73157e3b8940c5c6599374834c0c6997ae8c86b")
  })
})
