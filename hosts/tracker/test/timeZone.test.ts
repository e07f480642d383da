import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { configIn, startTracker, temporaryFolder } from "./trackerFixture.ts"

describe("the routes about the time zone", () => {
  it.live("show the zone in force, take another from the owner, and name each reason against it", () =>
    Effect.gen(function* () {
      const tracker = yield* startTracker(configIn(yield* temporaryFolder))
      const show = tracker.ask("/api/v1/time-zone")
      assert.deepInclude((yield* show).json, { time_zone: "UTC", next: null })
      const put = (body: unknown, token = true) =>
        (token ? tracker.asOwner : tracker.ask)("/api/v1/time-zone", { method: "PUT", body: JSON.stringify(body) })
      const codeOf = (body: unknown, token = true) =>
        Effect.map(put(body, token), ({ json, status }) => [status, json.code])

      const changed = yield* put({ time_zone: "Pacific/Auckland" })
      assert.strictEqual(changed.status, 200)
      assert.deepInclude(changed.json, { time_zone: "UTC" })
      assert.strictEqual(changed.json.next.time_zone, "Pacific/Auckland")
      assert.deepStrictEqual((yield* show).json.next, changed.json.next)
      const { events } = (yield* tracker.ask("/api/v1/ledger/events")).json
      assert.deepInclude(events.at(-1), { kind: "time_zone_changed", position: changed.json.event.position })

      assert.deepStrictEqual(yield* codeOf({ time_zone: "Mars/Base" }), [422, "unknown_zone"])
      assert.deepStrictEqual(yield* codeOf({ time_zone: "Pacific/Auckland" }), [409, "same_zone"])
      assert.deepStrictEqual(yield* codeOf({ time_zone: "x".repeat(65) }), [400, "bad_request"])
      assert.deepStrictEqual(yield* codeOf({ timezone: "UTC" }), [400, "bad_request"])
      assert.deepStrictEqual(yield* codeOf({ time_zone: "UTC" }, false), [401, "owner_token_required"])
    }).pipe(Effect.scoped)
  )
})
