import { assert, describe, it } from "@effect/vitest"
import { plainRoutes, type Role, type RouteRole, rolesOfApi, rpcRoutes } from "@farmops/core/api/routeRoles"
import { TrackerApi } from "@farmops/core/api/TrackerApi"
import { TrackerClient } from "@farmops/core/delivery/TrackerClient"
import { Effect, Layer, Redacted } from "effect"
import { HttpRouter } from "effect/http"
import { routes } from "../src/layer.ts"
import { approvedAgent, configIn, type StartedTracker, startTracker, temporaryFolder } from "./trackerFixture.ts"

const table = [...rolesOfApi(TrackerApi), ...plainRoutes]

/** Who asks. */
const askers = ["nobody", "agent", "owner", "wrong token"] as const
type Asker = (typeof askers)[number]

const lets = (role: Role | null, asker: Asker, isLoopback: boolean): boolean => {
  if (role === "public") return true
  if (role === "reads") return isLoopback || asker === "owner"
  if (role === "agent") return isLoopback || asker === "agent"
  return asker === "owner"
}

interface Farm {
  readonly tracker: StartedTracker
  readonly tokens: Record<Asker, string | null>
  /** A proof of the agent whose key is known. */
  readonly line: string
}

const farmAt = Effect.fnUntraced(function* (host: string) {
  const tracker = yield* startTracker(configIn(yield* temporaryFolder, { host }))
  const agent = yield* approvedAgent(tracker)
  const [line = ""] = yield* agent.chain(1)
  const { json } = yield* tracker.asOwner(`/api/v1/agents/${agent.agentId}/key`)
  const tokens = { nobody: null, agent: String(json.api_key), owner: tracker.token, "wrong token": "0".repeat(64) }
  const farm: Farm = { tracker, tokens, line }
  return farm
})

/** Whether a route lets somebody in; what it makes of the request then is not asked. */
const isLetIn = ({ line, tokens, tracker }: Farm, { method, path, role }: RouteRole, asker: Asker) =>
  Effect.promise(async () => {
    const stop = new AbortController()
    const token = tokens[asker]
    const response = await fetch(`${tracker.url}${path.replaceAll(/:\w+/g, "nobody")}`, {
      method,
      headers: {
        ...(method === "GET" ? {} : { "content-type": "application/json" }),
        ...(token === null ? {} : { authorization: `Bearer ${token}` })
      },
      ...(method === "GET" ? {} : { body: role === "agent" ? line : "{}" }),
      signal: stop.signal
    })
    const isRotation = path === "/api/v1/owner/token/rotate" && response.ok
    if (isRotation) tokens.owner = String(((await response.json()) as { owner_token: string }).owner_token)
    // A live view never ends.
    stop.abort()
    return response.status !== 401
  })

const expected = (rows: ReadonlyArray<RouteRole>, isLoopback: boolean) =>
  rows.flatMap(({ method, path, role }) =>
    askers.map((asker) => `${method} ${path}: ${asker} ${lets(role, asker, isLoopback) ? "may" : "may not"}`)
  )

const walked = Effect.fnUntraced(function* (farm: Farm) {
  const found: Array<string> = []
  for (const row of table) {
    for (const asker of askers) {
      found.push(`${row.method} ${row.path}: ${asker} ${(yield* isLetIn(farm, row, asker)) ? "may" : "may not"}`)
    }
  }
  return found
})

const hosts = [
  ["loopback", "127.0.0.1", true],
  ["every network", "0.0.0.0", false]
] as const

describe("the tracker's routes", () => {
  it("have a role each", () => {
    assert.deepStrictEqual(
      [...table, ...rpcRoutes].filter(({ role }) => role === null),
      []
    )
  })

  it.live("are all in the table, and nothing else is", () =>
    Effect.gen(function* () {
      const added: Array<string> = []
      const tracker = yield* startTracker(configIn(yield* temporaryFolder))
      const router = yield* HttpRouter.make
      const recording: HttpRouter.HttpRouter = {
        ...router,
        prefixed: () => recording,
        add: (method, path, handler) => {
          added.push(`${method} ${path}`)
          return router.add(method, path, handler)
        },
        addAll: (all) => {
          for (const { method, path } of all) added.push(`${method} ${path}`)
          return router.addAll(all)
        }
      }
      yield* Layer.build(
        routes({ host: "127.0.0.1" }).pipe(
          Layer.provide(Layer.succeed(HttpRouter.HttpRouter, recording)),
          Layer.provide(Layer.succeedContext(tracker.services))
        )
      )
      // What is asked for and is no route: every other path, answered with a problem.
      const named = added.filter((route) => !route.endsWith("*"))
      assert.deepStrictEqual(named.toSorted(), table.map(({ method, path }) => `${method} ${path}`).toSorted())
    }).pipe(Effect.scoped)
  )

  it.live.each(hosts)("let in on %s whom the table says", ([, host, isLoopback]) =>
    Effect.gen(function* () {
      const farm = yield* farmAt(host)
      assert.deepStrictEqual(yield* walked(farm), expected(table, isLoopback))
    }).pipe(Effect.scoped)
  )

  it.live.each(hosts)("take proofs over RPC on %s from whom the table says", ([, host, isLoopback]) =>
    Effect.gen(function* () {
      const { line, tokens, tracker } = yield* farmAt(host)
      for (const asker of askers) {
        const token = tokens[asker]
        // Connect with JSON, which anybody can write by hand.
        const { json } = yield* tracker.ask("/farmops.proof.v1.ProofService/Submit", {
          body: JSON.stringify({ proof: Buffer.from(line).toString("base64") }),
          ...(token === null ? {} : { token })
        })
        const access = token === null ? {} : { apiKey: Redacted.make(token) }
        const client = yield* Effect.provide(TrackerClient, TrackerClient.layer(tracker.url, access))
        const [streamed] = yield* client.submit([line])
        const code = lets("agent", asker, isLoopback) ? null : "agent_unauthenticated"
        assert.deepStrictEqual([asker, json.result.code ?? null, streamed?.code], [asker, code, code])
      }
    }).pipe(Effect.scoped)
  )
})
