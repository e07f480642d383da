/** A stand-in for a tracker: a real HTTP server with a real key that signs whatever farm the test says. No ledger behind it. */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { makeSigningKey, type SigningKey } from "@farmops/proof/SigningKey"
import { signStatement } from "@farmops/proof/signedStatement"
import { Clock, DateTime, Deferred, Effect } from "effect"
import type { FarmSnapshot, SnapshotBody } from "../src/farm/FarmSnapshot.ts"
import { spellTime } from "../src/farm/wireTime.ts"
import { levelOf } from "../src/scoring/level.ts"
import { signRegistration } from "../src/village/Roster.ts"

/** What a test says of a farm; the rest follows from it. */
export interface Farm {
  readonly coins: number
  readonly streak?: number
  readonly bots?: number
  readonly sample?: boolean
  /** Length of the ledger; the coins when left out, as if each had its proof. */
  readonly proofs?: number
}

const farmId = "0191d2a0-0000-7000-8000-0000000000f1"

export const bodyOf = (farm: Farm, asOf: string): SnapshotBody => ({
  schema: "farmops/snapshot/1",
  farm_id: farmId,
  name: "Stand-in farm",
  sample: farm.sample ?? false,
  as_of: asOf,
  sequence: farm.proofs ?? farm.coins,
  total_coins: farm.coins,
  current_coins: farm.coins,
  bot_coins: farm.bots ?? 0,
  level: levelOf(farm.coins),
  streak_days: farm.streak ?? 0,
  upgrades: [],
  ruleset_hash: "ab".repeat(32),
  checkpoint: null,
  days: [],
  categories: [
    { category: "toil", total_proofs: farm.proofs ?? farm.coins, total_coins: farm.coins },
    { category: "reliability", total_proofs: 0, total_coins: 0 }
  ]
})

export const signSnapshot = (key: SigningKey, body: object): FarmSnapshot => ({
  body: body as SnapshotBody,
  public_key: key.publicKey,
  signature: signStatement(key, "farmops/snapshot/v1", body)
})

/** Now, by the test's clock. */
export const now = Effect.map(Clock.currentTimeMillis, (ms) => spellTime(DateTime.makeUnsafe(ms)))

type Answer = (request: IncomingMessage, response: ServerResponse) => void

export const json =
  (value: unknown): Answer =>
  (_request, response) =>
    void response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value))

/** Answers in groups: whoever has arrived half a breath after `full` were waiting. `peak` is the most that waited at once. */
export const inGroupsOf = (full: number, answer: Answer) => {
  const waiting: Array<() => void> = []
  const seen = { peak: 0 }
  const group: Answer = (request, response) => {
    waiting.push(() => answer(request, response))
    seen.peak = Math.max(seen.peak, waiting.length)
    if (waiting.length === full) setTimeout(() => waiting.splice(0).forEach((go) => void go()), 50)
  }
  return { group, seen }
}

/** Listens on a free port of loopback until the scope closes. */
export const startStandIn = Effect.gen(function* () {
  const key = yield* makeSigningKey
  const asked = yield* Deferred.make<void>()
  const paths: Array<string> = []
  let answer: Answer = (_request, response) => void response.writeHead(404).end()
  const server = yield* Effect.acquireRelease(
    Effect.callback<ReturnType<typeof createServer>>((resume) => {
      const made = createServer((request, response) => {
        paths.push(request.url ?? "")
        Effect.runSync(Deferred.succeed(asked, undefined))
        answer(request, response)
      })
      made.listen(0, "127.0.0.1", () => resume(Effect.succeed(made)))
    }),
    (open) =>
      Effect.callback<void>((resume) => {
        open.close(() => resume(Effect.void))
        open.closeAllConnections()
      })
  )
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`
  return {
    url,
    port,
    key,
    /** The paths that were asked for. */
    paths,
    /** Ends when the first request arrives. */
    asked: Deferred.await(asked),
    /** From now on answers in this way. */
    answers: (next: Answer) => {
      answer = next
    },
    /** From now on shows this farm, signed with `as` or its own key, as of the test's now or of `asOf`. */
    shows: (farm: Farm, options: { readonly asOf?: string; readonly as?: SigningKey } = {}) =>
      Effect.map(now, (at) => {
        answer = json(signSnapshot(options.as ?? key, bodyOf(farm, options.asOf ?? at)))
      }),
    /** What its owner would send to a village. */
    registration: (name: string, trackerUrl = url) =>
      Effect.map(now, (at) => signRegistration(key, { display_name: name, tracker_url: trackerUrl, requested_at: at }))
  }
})
