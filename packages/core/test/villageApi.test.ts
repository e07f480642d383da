import { describe, expect, it } from "@effect/vitest"
import * as Ed25519Node from "@farmops/proof/Ed25519Node"
import { signStatement } from "@farmops/proof/signedStatement"
import { Context, Effect, Layer } from "effect"
import { HttpRouter, HttpServer } from "effect/http"
import { HttpApiBuilder, HttpApiScalar } from "effect/http-api"
import { VillageApi } from "../src/api/VillageApi.ts"
import { layerVillageHandlers } from "../src/api/villageHandlers.ts"
import { layerVillagePage, villagePageHtml } from "../src/api/villagePage.ts"
import { layerServer } from "../src/host/listen.ts"
import { layerProblems } from "../src/http/problem.ts"
import { signDeparture } from "../src/village/Roster.ts"
import { json, now, startStandIn } from "./standInTracker.ts"
import { layerVillage } from "./villageLayers.ts"

const routes = Layer.mergeAll(
  HttpApiBuilder.layer(VillageApi, { openapiPath: "/openapi.json" }).pipe(Layer.provide(layerVillageHandlers)),
  HttpApiScalar.layer(VillageApi, { path: "/docs" }),
  layerVillagePage("Friends & <Co>"),
  layerProblems
)

/** All that some answer of the village may hold; a test looks at what it expects. */
interface Body {
  readonly status: number
  readonly title: string
  readonly code: string
  readonly reason: string
  readonly fault: string
  readonly errors: ReadonlyArray<{ readonly path: string }>
  readonly farmer_id: string
  readonly sort: string
  readonly entries: ReadonlyArray<object>
  readonly farmers: ReadonlyArray<{ readonly display_name: string }>
  readonly next_cursor: string | null
  readonly openapi: string
  readonly paths: Readonly<Record<string, { readonly post?: { readonly responses: object } }>>
}

interface Answer {
  readonly status: number
  readonly type: string
  readonly text: string
  readonly policy: string
  readonly json: Body
}

const serve = (options: Parameters<typeof layerVillage>[0] = {}) =>
  Effect.gen(function* () {
    const context = yield* Layer.build(
      HttpRouter.serve(routes, { disableListenLog: true, disableLogger: true }).pipe(
        Layer.provideMerge(Layer.merge(layerServer({ port: 0 }), layerVillage(options)))
      )
    )
    const { address } = Context.get(context, HttpServer.HttpServer)
    const origin = `http://127.0.0.1:${"port" in address ? address.port : 0}`
    const ask = (path: string, init: RequestInit = {}) =>
      Effect.promise(async (): Promise<Answer> => {
        const response = await fetch(`${origin}${path}`, init)
        const text = await response.text()
        const type = response.headers.get("content-type") ?? ""
        const policy = response.headers.get("content-security-policy") ?? ""
        return { status: response.status, type, text, policy, json: type.includes("json") ? JSON.parse(text) : null }
      })
    const post = (path: string, body: unknown) =>
      ask(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) })
    const leave = (id: string, headers: Record<string, string>) =>
      ask(`/api/v1/farmers/${id}`, { method: "DELETE", headers })
    const register = (body: unknown) => post("/api/v1/farmers/register", body)
    return { ask, register, leave }
  })

const tracker = Effect.fnUntraced(function* (coins: number) {
  const made = yield* startStandIn
  yield* made.shows({ coins })
  return made
}, Effect.provide(Ed25519Node.layer))

const problem = ({ json: body, status, type }: Answer) => {
  expect(type).toMatch(/^application\/problem\+json/)
  expect(body.status).toBe(status)
  expect(body.title).toEqual(expect.any(String))
  return `${status} ${body.code}`
}

describe("the village's API", () => {
  it.live("takes two farmers in, shows them, and lets one go", () =>
    Effect.gen(function* () {
      const { ask, leave, register } = yield* serve()
      const [ada, bob] = yield* Effect.all([tracker(1250), tracker(300)])
      const joined = yield* register(yield* ada.registration("Ada"))
      expect([joined.status, joined.json]).toEqual([
        201,
        {
          farmer_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
          display_name: "Ada",
          fingerprint: ada.key.fingerprint,
          registered_at: expect.any(String),
          already: false
        }
      ])
      const { farmer_id: id } = joined.json
      const again = yield* register(yield* ada.registration("Ada"))
      expect([again.status, again.json]).toEqual([200, { ...joined.json, already: true }])
      yield* register(yield* bob.registration("Bob"))

      const board = yield* ask("/api/v1/leaderboard?sort=coins&limit=100")
      expect(board.json.sort).toBe("coins")
      expect(board.json.entries[0]).toEqual({
        rank: 1,
        farmer_id: id,
        display_name: "Ada",
        sample: false,
        total_coins: 1250,
        bot_coins: 0,
        level: 7,
        streak_days: 0,
        updated_at: expect.stringMatching(/Z$/)
      })
      expect((yield* ask("/api/v1/leaderboard?sort=streak&limit=1")).json.entries).toHaveLength(1)

      const first = yield* ask("/api/v1/farmers?limit=1")
      const second = yield* ask(`/api/v1/farmers?limit=1&cursor=${first.json.next_cursor}`)
      expect([...first.json.farmers, ...second.json.farmers].map((one) => one.display_name)).toEqual(["Ada", "Bob"])
      expect(second.json.next_cursor).toBe(null)

      const profile = yield* ask(`/api/v1/farmers/${id}`)
      expect(profile.json).toMatchObject({
        ranks: { coins: 1, streak: 1, level: 1 },
        snapshot: { public_key: ada.key.publicKey }
      })
      const history = yield* ask(`/api/v1/farmers/${id}/history`)
      expect(history.json.entries).toMatchObject([{ total_coins: 1250, level: 7 }])

      const goodbye = signDeparture(ada.key, { farmer_id: id, requested_at: yield* now })
      const headers = { "farmops-requested-at": goodbye.requested_at, "farmops-signature": goodbye.signature }
      expect((yield* leave(id, headers)).status).toBe(204)
      expect(problem(yield* leave(id, headers))).toBe("404 farmer_unknown")
      expect(problem(yield* ask(`/api/v1/farmers/${id}`))).toBe("404 farmer_unknown")
      expect(problem(yield* ask(`/api/v1/farmers/${id}/history`))).toBe("404 farmer_unknown")
    }).pipe(Effect.scoped)
  )

  it.live("tells no tracker's address to anybody", () =>
    Effect.gen(function* () {
      const { ask, register } = yield* serve()
      const ada = yield* tracker(10)
      const { json: joined } = yield* register(yield* ada.registration("Ada"))
      for (const path of ["/api/v1/farmers", `/api/v1/farmers/${joined.farmer_id}`, "/api/v1/leaderboard", "/"]) {
        const { status, text } = yield* ask(path)
        expect([path, status, text.includes(String(ada.port))]).toEqual([path, 200, false])
      }
    }).pipe(Effect.scoped)
  )

  it.live("answers each refusal with a problem and a code of its own", () =>
    Effect.gen(function* () {
      const { ask, leave, register } = yield* serve({ farmersMax: 1 })
      const ada = yield* tracker(10)
      const good = yield* ada.registration("Ada")
      expect(problem(yield* register({ ...good, display_name: "Eve" }))).toBe("403 bad_signature")
      const { signature: _, ...body } = good
      const old = { ...body, requested_at: "2026-01-01T00:00:00Z" }
      const signed = { ...old, signature: signStatement(ada.key, "farmops/registration/v1", old) }
      expect(problem(yield* register(signed))).toBe("403 stale")
      const shown = yield* register({ ...good, tracker_url: "http://user:pw@farm.example" })
      expect(problem(shown)).toBe("400 bad_request")
      expect(shown.json.errors[0]?.path).toBe("payload.tracker_url")
      expect(problem(yield* register({ ...good, display_name: "two\nlines" }))).toBe("400 bad_request")
      expect(problem(yield* register("not an object"))).toBe("400 bad_request")
      expect(problem(yield* ask("/api/v1/leaderboard?limit=201"))).toBe("400 bad_request")
      expect(problem(yield* ask("/api/v1/leaderboard?sort=luck"))).toBe("400 bad_request")
      expect(problem(yield* ask("/api/v1/nowhere"))).toBe("404 not_found")
      expect(problem(yield* leave("x", {}))).toBe("400 bad_request")

      ada.answers((_request, response) => response.writeHead(500).end())
      const silent = yield* register(good)
      expect([problem(silent), silent.json.reason]).toEqual(["502 tracker_unreachable", "bad_status"])
      ada.answers(json({}))
      const malformed = yield* register(good)
      expect([problem(malformed), malformed.json.fault]).toEqual(["422 snapshot_refused", "malformed"])

      yield* ada.shows({ coins: 10 })
      expect((yield* register(good)).status).toBe(201)
      const bob = yield* tracker(5)
      expect(problem(yield* register(yield* bob.registration("Bob")))).toBe("503 roster_full")
    }).pipe(Effect.scoped)
  )

  it.live("says that it does not call private addresses where it does not", () =>
    Effect.gen(function* () {
      const { register } = yield* serve({ allowPrivateAddresses: false })
      const ada = yield* tracker(10)
      expect(problem(yield* register(yield* ada.registration("Ada")))).toBe("422 tracker_address_refused")
    }).pipe(Effect.scoped)
  )

  it.live("describes itself", () =>
    Effect.gen(function* () {
      const { ask } = yield* serve()
      const { json: document } = yield* ask("/openapi.json")
      expect(document.openapi).toBe("3.1.0")
      expect(Object.keys(document.paths).sort()).toEqual([
        "/api/v1/farmers",
        "/api/v1/farmers/register",
        "/api/v1/farmers/{id}",
        "/api/v1/farmers/{id}/history",
        "/api/v1/leaderboard"
      ])
      const answers = document.paths["/api/v1/farmers/register"]?.post?.responses ?? {}
      expect(Object.keys(answers).sort()).toEqual(["200", "201", "400", "403", "422", "502", "503"])
      expect((yield* ask("/docs")).status).toBe(200)
    }).pipe(Effect.scoped)
  )
})

describe("the village's page", () => {
  const entry = {
    rank: 1,
    farmer_id: "id",
    display_name: `<script>alert("&")</script>`,
    sample: true,
    total_coins: 1250,
    bot_coins: 0,
    level: 7,
    streak_days: 14,
    updated_at: "2026-03-01T12:00:00Z"
  }

  it("escapes the names that strangers chose, and labels samples", () => {
    const html = villagePageHtml("A & <B>", [entry])
    expect(html).toContain("<h1>A &amp; &lt;B&gt;</h1>")
    expect(html).toContain("<bdi>&lt;script&gt;alert(&quot;&amp;&quot;)&lt;/script&gt;</bdi> <small>(sample)</small>")
    expect(html).not.toContain("<script")
  })

  it("asks nobody else for anything", () => {
    expect(villagePageHtml("Village", [entry])).not.toMatch(/https?:|url\(|@import|src=|\son\w+=/)
  })

  it.live("is served under a policy that lets nothing run, and shows the board", () =>
    Effect.gen(function* () {
      const { ask, register } = yield* serve()
      expect((yield* ask("/")).text).toContain("Nobody is on this board yet.")
      const ada = yield* tracker(1250)
      yield* register(yield* ada.registration("Ada"))
      const page = yield* ask("/")
      expect(page.type).toMatch(/^text\/html/)
      expect(page.text).toContain("<bdi>Ada</bdi>")
      expect(page.policy).toMatch(/^default-src 'none'/)
    }).pipe(Effect.scoped)
  )
})
