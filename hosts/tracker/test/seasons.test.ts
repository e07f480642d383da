import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { configIn, startTracker, temporaryFolder } from "./trackerFixture.ts"

describe("the routes about seasons", () => {
  it.live("open one for the owner, show all of them, and name what is wrong with another", () =>
    Effect.gen(function* () {
      const tracker = yield* startTracker(configIn(yield* temporaryFolder))
      const show = tracker.ask("/api/v1/seasons")
      assert.deepStrictEqual((yield* show).json, { open: null, past: [] })
      const post = (body: unknown, token = true) =>
        (token ? tracker.asOwner : tracker.ask)("/api/v1/seasons", { method: "POST", body: JSON.stringify(body) })
      const spring = { season: "spring", name: "Spring", ends_at: null }
      const opened = yield* post(spring)
      assert.strictEqual(opened.status, 200)
      assert.deepInclude(opened.json.open, { ...spring, human: { coins: 0, proofs: 0, days: 0 } })
      yield* post({ ...spring, season: "summer" })
      assert.deepStrictEqual((yield* show).json.past, [opened.json.open])
      const codeOf = (body: unknown, token = true) =>
        Effect.map(post(body, token), ({ json, status }) => [status, json.code])
      assert.deepStrictEqual(yield* codeOf(spring), [409, "season_known"])
      const past = { ...spring, season: "past", ends_at: "2001-01-01T00:00:00Z" }
      assert.deepStrictEqual(yield* codeOf(past), [409, "ends_too_soon"])
      assert.deepStrictEqual(yield* codeOf({ ...spring, season: "No Slug" }), [400, "bad_request"])
      assert.deepStrictEqual(yield* codeOf({ ...spring, ends_at: "soon" }), [400, "bad_request"])
      assert.deepStrictEqual(yield* codeOf({ ...spring, season: "x" }, false), [401, "owner_token_required"])
    }).pipe(Effect.scoped)
  )
})
