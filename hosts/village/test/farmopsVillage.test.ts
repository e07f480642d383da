import { createServer, request } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import type { SnapshotBody } from "@farmops/core/farm/FarmSnapshot"
import { exitCodes } from "@farmops/core/host/exitCodes"
import { signRegistration } from "@farmops/core/village/Roster"
import * as Ed25519Node from "@farmops/proof/Ed25519Node"
import { makeSigningKey } from "@farmops/proof/SigningKey"
import { signStatement } from "@farmops/proof/signedStatement"
import { Effect } from "effect"
import { freePort, startVillage, temporaryFolder } from "./startVillage.ts"

const wireNow = () => new Date().toISOString().replace(/\.\d+Z$/, "Z")

const emptyFarm = (): SnapshotBody => ({
  schema: "farmops/snapshot/1",
  farm_id: "0191d2a0-0000-7000-8000-0000000000f1",
  name: "Stand-in farm",
  sample: false,
  as_of: wireNow(),
  sequence: 0,
  total_coins: 0,
  current_coins: 0,
  bot_coins: 3,
  level: 1,
  streak_days: 0,
  upgrades: [],
  ruleset_hash: "ab".repeat(32),
  checkpoint: null,
  days: [],
  categories: []
})

/** A stand-in for a tracker: a real key and a real server, and no ledger behind it. */
const startTracker = Effect.gen(function* () {
  const key = yield* makeSigningKey
  const server = yield* Effect.acquireRelease(
    Effect.callback<ReturnType<typeof createServer>>((resume) => {
      const made = createServer((_request, response) => {
        const body = emptyFarm()
        const signature = signStatement(key, "farmops/snapshot/v1", body)
        response.end(JSON.stringify({ body, public_key: key.publicKey, signature }))
      })
      made.listen(0, "127.0.0.1", () => resume(Effect.succeed(made)))
    }),
    (made) => Effect.sync(() => void made.close())
  )
  const { port } = server.address() as AddressInfo
  return { key, url: `http://127.0.0.1:${port}` }
}).pipe(Effect.provide(Ed25519Node.layer))

const getStatus = (port: number, path: string, host: string) =>
  Effect.callback<number>((resume) => {
    request({ port, path, host: "127.0.0.1", headers: { host } }, (response) => {
      response.resume()
      resume(Effect.succeed(response.statusCode ?? 0))
    }).end()
  })

const getText = (url: string, init: RequestInit = {}) =>
  Effect.promise(async () => {
    const response = await fetch(url, init)
    return { status: response.status, text: await response.text() }
  })

describe("farmops-village", () => {
  it.live("keeps its farmers when it is killed, and stops cleanly when it is asked", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const port = yield* freePort
      const args = ["--port", String(port), "--name", "Friends & Co"]
      const env = { FARMOPS_DB: `sqlite://${join(folder, "village.db")}` }
      const origin = `http://127.0.0.1:${port}`
      const tracker = yield* startTracker

      const first = yield* startVillage(args, env)
      yield* first.serves
      const named = { display_name: "Ada", tracker_url: tracker.url, requested_at: wireNow() }
      const joined = yield* getText(`${origin}/api/v1/farmers/register`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(signRegistration(tracker.key, named))
      })
      expect(joined.status).toBe(201)
      yield* first.kill("SIGKILL")

      const second = yield* startVillage(args, env)
      yield* second.serves
      const board = yield* getText(`${origin}/api/v1/leaderboard`)
      expect(JSON.parse(board.text).entries).toMatchObject([{ rank: 1, display_name: "Ada", bot_coins: 3 }])
      expect((yield* getText(`${origin}/`)).text).toContain("<h1>Friends &amp; Co</h1>")
      expect((yield* getText(`${origin}/healthz`)).text).toBe("ok\n")
      expect((yield* getText(`${origin}/readyz`)).text).toBe("ready\n")
      yield* getText(`${origin}/api/v1/farmers/register`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(signRegistration(tracker.key, { ...named, requested_at: wireNow() }))
      })
      expect((yield* getText(`${origin}/metrics`)).text).toContain(
        'farmops_village_registrations_total{result="renewed"} 1'
      )
      const stopped = yield* second.kill("SIGTERM")
      expect(stopped.code).toBe(0)
      expect(stopped.stdout).toBe("")
    }).pipe(Effect.scoped)
  )

  it.live("answers on loopback to this machine's names only", () =>
    Effect.gen(function* () {
      const port = yield* freePort
      const village = yield* startVillage(["--db", ":memory:", "--port", String(port)])
      yield* village.serves
      expect(yield* getStatus(port, "/", "evil.example")).toBe(421)
      expect(yield* getStatus(port, "/", `localhost:${port}`)).toBe(200)
    }).pipe(Effect.scoped)
  )

  it.live("says in one line what it cannot do, and ends with a status of its own", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const taken = yield* Effect.acquireRelease(
        Effect.callback<ReturnType<typeof createServer>>((resume) => {
          const made = createServer().listen(0, "127.0.0.1", () => resume(Effect.succeed(made)))
        }),
        (made) => Effect.sync(() => void made.close())
      )
      const { port } = taken.address() as AddressInfo
      const cases = [
        [[], exitCodes.usage, /--db URL or FARMOPS_DB/],
        [["--db", ":memory:", "--sync-seconds", "0"], exitCodes.usage, /--sync-seconds takes a whole number/],
        [
          ["--db", ":memory:", "--port", String(port)],
          exitCodes.portInUse,
          new RegExp(`port ${port} .* already in use`)
        ],
        [["--db", join(folder, "none", "village.db")], exitCodes.io, /its folder does not exist/]
      ] as const
      for (const [args, code, line] of cases) {
        const ended = yield* Effect.flatMap(startVillage(args), (village) => village.ended)
        expect([args, ended.code, ended.stdout]).toEqual([args, code, ""])
        expect(ended.stderr).toMatch(/^farmops-village: [^\n]+\n$/)
        expect(ended.stderr).toMatch(line)
      }
    }).pipe(Effect.scoped)
  )

  it.live("explains itself", () =>
    Effect.gen(function* () {
      const help = yield* Effect.flatMap(startVillage(["--help"]), ({ ended }) => ended)
      expect([help.code, help.stderr]).toEqual([0, ""])
      expect(help.stdout).toContain("Usage: farmops-village --db URL")
    }).pipe(Effect.scoped)
  )
})
