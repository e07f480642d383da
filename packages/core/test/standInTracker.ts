/** A stand-in for a tracker: a real HTTP server with a real key that signs whatever farm the test says. No ledger behind it. */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { canonicalJson } from "@farmops/proof/canonicalJson"
import { makeSigningKey, type SigningKey } from "@farmops/proof/SigningKey"
import { signStatement } from "@farmops/proof/signedStatement"
import { signTakeover, trackerRotationKind } from "@farmops/proof/trackerRotation"
import { uuidV7 } from "@farmops/proof/UuidV7"
import { Clock, DateTime, Deferred, Effect } from "effect"
import type { FarmSnapshot, SnapshotBody } from "../src/farm/FarmSnapshot.ts"
import type { FarmKeyList } from "../src/farm/keys/FarmKeyList.ts"
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

const someFarm = "0191d2a0-0000-7000-8000-0000000000f1"

export const bodyOf = (farm: Farm, asOf: string, farmId = someFarm): SnapshotBody => ({
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

/** The line of the event with which a farm goes over from one key to another. */
export const rotationOf = (from: SigningKey, to: SigningKey, farmId: string, position: number): string => {
  const place = { at: "2026-03-01T12:00:00Z", farm_id: farmId, position }
  const possession = signTakeover(to, { ...place, public_key: from.publicKey })
  const body = {
    schema: "farmops/event/1",
    ...place,
    kind: trackerRotationKind,
    new_public_key: to.publicKey,
    possession
  }
  return canonicalJson({ body, public_key: from.publicKey, signature: signStatement(from, "farmops/event/v1", body) })
}

/** What a tracker answers under `/api/v1/public/keys`. */
export const keyListOf = (farmId: string, key: SigningKey, rotations: ReadonlyArray<string>): FarmKeyList => ({
  farm_id: farmId,
  public_key: key.publicKey,
  fingerprint: key.fingerprint,
  rotations
})

/** Listens on a free port of loopback until the scope closes. */
export const startStandIn = Effect.gen(function* () {
  const key = yield* makeSigningKey
  const farmId = yield* uuidV7
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
    farmId,
    /** The paths that were asked for. */
    paths,
    /** Ends when the first request arrives. */
    asked: Deferred.await(asked),
    /** From now on answers in this way. */
    answers: (next: Answer) => {
      answer = next
    },
    /** From now on shows this farm, signed with `as` or its own key, as of the test's now or of `asOf`; and `rotations`, if there are any. */
    shows: (
      farm: Farm,
      options: {
        readonly asOf?: string
        readonly as?: SigningKey
        readonly rotations?: ReadonlyArray<string>
        readonly farmId?: string
      } = {}
    ) =>
      Effect.map(now, (at) => {
        const signer = options.as ?? key
        const snapshot = json(signSnapshot(signer, bodyOf(farm, options.asOf ?? at, options.farmId ?? farmId)))
        const keys = json(keyListOf(options.farmId ?? farmId, signer, options.rotations ?? []))
        answer = (request, response) => (request.url?.endsWith("/keys") ? keys : snapshot)(request, response)
      }),
    /** What its owner would send to a village. */
    registration: (name: string, trackerUrl = url, as = key) =>
      Effect.map(now, (at) => signRegistration(as, { display_name: name, tracker_url: trackerUrl, requested_at: at }))
  }
})
