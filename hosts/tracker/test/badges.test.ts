import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { approvedAgent, configIn, startTracker, temporaryFolder } from "./trackerFixture.ts"

describe("a tracker's badge and card", () => {
  it.live("are open to everybody, kept for a while, and asked for again without being sent again", () =>
    Effect.gen(function* () {
      // Others can reach it, so that everything else needs the owner's token.
      const tracker = yield* startTracker(
        configIn(yield* temporaryFolder, { host: "0.0.0.0", agentsMustBeKnown: false })
      )
      const agent = yield* approvedAgent(tracker)
      const get = (path: string, headers: Record<string, string> = {}) =>
        Effect.promise(() => fetch(`${tracker.url}/api/v1/public${path}`, { headers }))
      for (const path of [
        "/badge.json",
        "/badge.json?metric=level",
        "/badge.json?metric=streak",
        "/card.svg?theme=dark"
      ]) {
        const first = yield* get(path)
        assert.strictEqual(first.status, 200, path)
        assert.strictEqual(first.headers.get("cache-control"), "public, max-age=300")
        const etag = first.headers.get("etag") ?? ""
        assert.match(etag, /^"[\w-]{20,}"$/)
        for (const known of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
          const again = yield* get(path, { "if-none-match": known })
          assert.strictEqual(again.status, 304, known)
          assert.strictEqual(again.headers.get("etag"), etag)
          assert.strictEqual(yield* Effect.promise(() => again.text()), "")
        }
        assert.strictEqual((yield* get(path, { "if-none-match": '"other"' })).status, 200)
      }
      const before = (yield* get("/card.svg")).headers.get("etag") ?? ""
      const [line = ""] = yield* agent.chain(1)
      assert.strictEqual((yield* tracker.submit(line)).status, 201)
      const card = yield* get("/card.svg", { "if-none-match": before })
      assert.strictEqual(card.status, 200)
      assert.strictEqual(card.headers.get("content-type"), "image/svg+xml")
      assert.include(card.headers.get("content-security-policy"), "default-src 'none'")
      const badge = (yield* tracker.ask("/api/v1/public/badge.json")).json
      const profile = (yield* tracker.ask("/api/v1/public/profile")).json
      assert.deepInclude(badge, { schemaVersion: 1, label: "farm coins", message: String(profile.total_coins) })
      assert.strictEqual((yield* tracker.ask("/api/v1/public/badge.json?metric=debt")).json.code, "bad_request")
    }).pipe(Effect.scoped)
  )
})
