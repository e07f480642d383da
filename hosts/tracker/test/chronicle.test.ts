import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { approvedAgent, configIn, startTracker, temporaryFolder } from "./trackerFixture.ts"

describe("a tracker's feed", () => {
  it.live("tells the owner what was achieved and bought, and is sent again only when it has changed", () =>
    Effect.gen(function* () {
      const tracker = yield* startTracker(configIn(yield* temporaryFolder))
      const get = (headers: Record<string, string> = {}) =>
        Effect.promise(() => fetch(`${tracker.url}/api/v1/feed.atom`, { headers }))
      const empty = yield* get()
      assert.strictEqual(empty.headers.get("content-type"), "application/atom+xml; charset=utf-8")
      assert.strictEqual(empty.headers.get("cache-control"), "private, max-age=60")
      const etag = empty.headers.get("etag") ?? ""
      assert.strictEqual((yield* get({ "if-none-match": etag })).status, 304)
      const agent = yield* approvedAgent(tracker)
      for (const line of yield* agent.chain(4)) yield* tracker.submit(line)
      const { items } = (yield* tracker.ask("/api/v1/shop/items")).json
      const { item } = items.find(({ refusal }: { refusal: unknown }) => refusal === null)
      const bought = yield* tracker.asOwner("/api/v1/shop/purchase", { body: JSON.stringify({ item }) })
      assert.strictEqual(bought.status, 200)
      const full = yield* get({ "if-none-match": etag })
      assert.strictEqual(full.status, 200)
      assert.isAbove(Date.parse(full.headers.get("last-modified") ?? ""), 0)
      const text = yield* Effect.promise(() => full.text())
      assert.include(text, `2026:purchase/${bought.json.purchase_id}<`)
      assert.match(text, /2026:achievement\/[\w-]+</)
      assert.strictEqual((yield* tracker.ask("/api/v1/feed.atom?before=yesterday")).json.code, "bad_request")
    }).pipe(Effect.scoped)
  )

  it.live("is the owner's where others can reach the tracker", () =>
    Effect.gen(function* () {
      const tracker = yield* startTracker(configIn(yield* temporaryFolder, { host: "0.0.0.0" }))
      assert.strictEqual((yield* tracker.ask("/api/v1/feed.atom")).json.code, "owner_token_required")
      assert.strictEqual((yield* tracker.ask("/api/v1/feed.atom", { token: tracker.token })).status, 200)
    }).pipe(Effect.scoped)
  )
})
