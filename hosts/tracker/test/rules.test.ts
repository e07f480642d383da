import { assert, describe, it } from "@effect/vitest"
import { defaultRules, rulesHash } from "@farmops/core/scoring/Rules"
import { Effect } from "effect"
import { approvedAgent, configIn, startTracker, temporaryFolder } from "./trackerFixture.ts"

describe("the routes about the rules", () => {
  it.live("show the rules in force, take others from the owner, and pay by them from then on", () =>
    Effect.gen(function* () {
      const tracker = yield* startTracker(configIn(yield* temporaryFolder))
      const agent = yield* approvedAgent(tracker)
      const [first = "", second = ""] = yield* agent.chain(2)
      // × 1.25 × 1.222
      assert.strictEqual((yield* tracker.submit(first)).json.coins, 31)
      assert.deepStrictEqual((yield* tracker.ask("/api/v1/rules")).json, {
        ruleset_hash: rulesHash(defaultRules),
        rules: defaultRules
      })
      const rules = { ...defaultRules, base_coins: { ...defaultRules.base_coins, reliability: 200 } }
      const put = (body: unknown, token = true) =>
        (token ? tracker.asOwner : tracker.ask)("/api/v1/rules", { method: "PUT", body: JSON.stringify(body) })
      const changed = yield* put(rules)
      assert.strictEqual(changed.status, 200)
      assert.deepStrictEqual(changed.json.changes, [{ path: "base_coins.reliability", before: "20", after: "200" }])
      assert.strictEqual((yield* put(rules)).json.event, null)
      assert.strictEqual((yield* tracker.submit(second)).json.coins, 306)
      assert.strictEqual((yield* tracker.ask("/api/v1/farm")).json.ruleset_hash, rulesHash(rules))

      assert.strictEqual((yield* put(rules, false)).status, 401)
      const wrong: ReadonlyArray<readonly [unknown, string]> = [
        [{ ...rules, upgrade_max: 999 }, "payload.upgrade_max"],
        [{ ...rules, upgrade_maximum: 1000 }, "payload.upgrade_maximum"],
        [{ ...rules, base_coins: { ...rules.base_coins, toil: 1.5 } }, "payload.base_coins.toil"],
        [{ ...rules, complexity: { low: 3000, medium: 2000, high: 1000 } }, "payload.complexity"],
        [{ ...rules, rest_days: ["someday"] }, "payload.rest_days.0"],
        [[], "payload"]
      ]
      for (const [body, path] of wrong) {
        const answer = yield* put(body)
        assert.deepStrictEqual([answer.status, answer.json.code], [400, "bad_request"])
        assert.strictEqual(answer.json.errors[0].path, path)
      }
      assert.strictEqual((yield* tracker.ask("/api/v1/rules")).json.ruleset_hash, rulesHash(rules))
    }).pipe(Effect.scoped)
  )
})
