import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { assert, describe, it } from "@effect/vitest"
import { Ed25519 } from "@farmops/proof/Ed25519"
import { verifyStatement } from "@farmops/proof/signedStatement"
import { Effect, Layer, type Scope } from "effect"
import { TrackerKey } from "../src/farm/TrackerKey.ts"
import { Villages } from "../src/farm/Villages.ts"
import { farmLayer } from "./farmLayers.ts"

/** A server in a village's place that remembers what it was asked. */
const standIn = Effect.fnUntraced(function* (answer: (path: string) => readonly [status: number, body: unknown]) {
  const asked: Array<{ readonly path: string; readonly body: string }> = []
  const serve = (request: IncomingMessage, response: ServerResponse) => {
    let body = ""
    request.on("data", (chunk) => {
      body += chunk
    })
    request.on("end", () => {
      asked.push({ path: request.url ?? "", body })
      const [status, json] = answer(request.url ?? "")
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(json))
    })
  }
  const server = createServer(serve)
  yield* Effect.acquireRelease(
    Effect.callback<void>((resume) => {
      server.listen(0, "127.0.0.1", () => resume(Effect.void))
    }),
    () =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      })
  )
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`
  return { url, asked }
})

const entry = {
  rank: 1,
  farmer_id: "f1",
  display_name: "Ann",
  total_coins: 10,
  level: 1,
  streak_days: 0,
  updated_at: "2026-03-04T10:00:00Z"
}

const withVillages = <A, E>(
  test: Effect.Effect<A, E, Layer.Success<ReturnType<typeof farmLayer>> | Villages | Scope.Scope>
) =>
  test.pipe(
    Effect.scoped,
    Effect.provide(Villages.layer(Effect.succeed("http://127.0.0.1:8443")).pipe(Layer.provideMerge(farmLayer())))
  )

describe("Villages", () => {
  it.live("registers with a statement of the farm's own key, and remembers its name there", () =>
    withVillages(
      Effect.gen(function* () {
        const villages = yield* Villages
        const key = yield* TrackerKey
        const { backend } = yield* Ed25519
        const village = yield* standIn(() => [201, { farmer_id: "f1", more: true }])
        const joined = yield* villages.join(`${village.url}/`)
        assert.deepInclude(joined, { url: village.url, farmer_id: "f1" })
        assert.strictEqual(village.asked[0]?.path, "/api/v1/farmers/register")
        const { signature, ...body } = JSON.parse(village.asked[0]?.body ?? "{}")
        assert.deepInclude(body, {
          display_name: "Test farm",
          tracker_url: "http://127.0.0.1:8443",
          public_key: key.publicKey
        })
        assert.isTrue(verifyStatement(backend, key.publicKey, "farmops/registration/v1", body, signature))
        yield* villages.join(village.url)
        assert.deepStrictEqual(yield* villages.list, [joined])
      })
    )
  )

  it.live("says why it could not join", () =>
    withVillages(
      Effect.gen(function* () {
        const villages = yield* Villages
        const full = yield* standIn(() => [403, { code: "roster_full", title: "Full" }])
        assert.deepInclude(yield* Effect.flip(villages.join(full.url)), { code: "roster_full" })
        const odd = yield* standIn(() => [200, { hello: 1 }])
        assert.deepInclude(yield* Effect.flip(villages.join(odd.url)), { code: "village_unreachable" })
        for (const url of ["", "ftp://example.org", "http://user:secret@example.org", "http://example.org/?q=1"]) {
          const error = yield* Effect.flip(villages.join(url))
          assert.deepInclude(error, { _tag: "VillageNotJoined", code: "bad_url" })
          assert.notInclude(JSON.stringify(error), "secret")
        }
        assert.deepStrictEqual(yield* villages.list, [])
      })
    )
  )

  it.live("shows the first village's board, asked once for many looks, and nothing without a village", () =>
    withVillages(
      Effect.gen(function* () {
        const villages = yield* Villages
        assert.deepStrictEqual(yield* villages.board, [])
        const village = yield* standIn((path) =>
          path.includes("leaderboard") ? [200, { sort: "coins", entries: [entry] }] : [201, { farmer_id: "f1" }]
        )
        yield* villages.join(village.url)
        const boards = yield* Effect.all(
          Array.from({ length: 10 }, () => villages.board),
          { concurrency: "unbounded" }
        )
        assert.deepStrictEqual(boards[9], [entry])
        assert.strictEqual(village.asked.filter(({ path }) => path.includes("leaderboard")).length, 1)
      })
    )
  )

  it.live("keeps the page whole when the village is away", () =>
    withVillages(
      Effect.gen(function* () {
        const villages = yield* Villages
        yield* Effect.scoped(
          Effect.gen(function* () {
            const village = yield* standIn(() => [201, { farmer_id: "f1" }])
            yield* villages.join(village.url)
          })
        )
        assert.deepStrictEqual(yield* villages.board, [])
      })
    )
  )
})
