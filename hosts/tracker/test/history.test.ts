import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { approvedAgent, configIn, startTracker, temporaryFolder } from "./trackerFixture.ts"

describe("the farm's past", () => {
  it.live("is answered by time, day and line, and each moment that it has not by a problem", () =>
    Effect.gen(function* () {
      const tracker = yield* startTracker(configIn(yield* temporaryFolder))
      const agent = yield* approvedAgent(tracker)
      for (const line of yield* agent.chain(2)) yield* tracker.submit(line)
      const at = (moment: string) => tracker.ask(`/api/v1/farm?at=${encodeURIComponent(moment)}`)
      // Line 0 says the rules, line 1 is the approval.
      assert.deepInclude((yield* at("1")).json, { proofs: 0, total_coins: 0 })
      assert.deepInclude((yield* at("2")).json, { proofs: 1 })
      const now = (yield* tracker.ask("/api/v1/farm")).json
      assert.deepStrictEqual((yield* at(now.farm_day)).json, now)
      const codeOf = (moment: string) => Effect.map(at(moment), ({ json, status }) => [status, json.code])
      assert.deepStrictEqual(yield* codeOf("4"), [422, "no_such_line"])
      assert.deepStrictEqual(yield* codeOf("2001-01-01"), [422, "before_founding"])
      assert.deepStrictEqual(yield* codeOf("2999-01-01T00:00:00Z"), [422, "in_future"])
      assert.deepStrictEqual(yield* codeOf("then"), [422, "bad_moment"])
      assert.deepStrictEqual(yield* codeOf("x".repeat(21)), [400, "bad_request"])
    }).pipe(Effect.scoped)
  )
})
