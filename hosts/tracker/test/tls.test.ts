import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { TrackerClient } from "@farmops/core/delivery/TrackerClient"
import { makeCertificate } from "@farmops/core/host/makeCertificate"
import { fetchOverTls } from "@farmops/core/http/fetchOverTls"
import { Effect } from "effect"
import { healthcheck } from "../src/healthcheck.ts"
import { makeAgent } from "./testAgent.ts"
import { configIn, startTracker, temporaryFolder } from "./trackerFixture.ts"

/** A tracker with a certificate of its own, and requests that believe it. */
const secureTracker = Effect.gen(function* () {
  const folder = yield* temporaryFolder
  const from = new Date(Date.now() - 3_600_000)
  const { cert, key } = makeCertificate({ commonName: "tracker", hosts: ["127.0.0.1"], from, days: 2 })
  const tls = { cert: join(folder, "tls.crt"), key: join(folder, "tls.key") }
  writeFileSync(tls.cert, cert)
  writeFileSync(tls.key, key)
  const tracker = yield* startTracker(configIn(folder, { tls }))
  const ask = (path: string, method = "GET", headers: Record<string, string> = {}) =>
    Effect.promise(() => fetchOverTls(new URL(`${tracker.url}${path}`), { method, headers }, { ca: cert }))
  return { ...tracker, ask, cert, folder, tls }
})

describe("a tracker with TLS", () => {
  it.live("takes an enrolment, an approval and proofs, and shows the farm live, on its one port", () =>
    Effect.gen(function* () {
      const { ask, cert, token, url } = yield* secureTracker
      assert.match(url, /^https:/)
      const client = yield* Effect.provide(TrackerClient, TrackerClient.layer(url, { tls: { ca: cert } }))
      const agent = yield* makeAgent
      assert.strictEqual((yield* client.enroll(yield* agent.enrolment)).status, "pending")
      const approved = yield* ask(`/api/v1/agents/${agent.agentId}/approve`, "POST", {
        authorization: `Bearer ${token}`
      })
      assert.strictEqual(approved.status, 200)
      const events = yield* ask("/api/v1/events")
      const reader = events.body?.getReader()
      const until = Effect.fnUntraced(function* (pattern: RegExp) {
        for (let seen = ""; !pattern.test(seen); ) {
          seen += yield* Effect.promise(async () => new TextDecoder().decode((await reader?.read())?.value))
        }
      })
      yield* until(/"proofs":0/)
      const results = yield* client.submit(yield* agent.chain(10))
      assert.isTrue(results.every(({ code, pending }) => code === null && !pending))
      yield* until(/"proofs":10/)
      yield* Effect.promise(async () => reader?.cancel())
    }).pipe(Effect.scoped)
  )

  it.live("is not spoken to by who does not believe its certificate", () =>
    Effect.gen(function* () {
      const { url } = yield* secureTracker
      const client = yield* Effect.provide(TrackerClient, TrackerClient.layer(url))
      const agent = yield* makeAgent
      assert.deepInclude(yield* Effect.flip(client.enroll(yield* agent.enrolment)), { _tag: "TrackerUnavailable" })
      assert.deepInclude(yield* Effect.flip(client.submit(yield* agent.chain(1))), { _tag: "TrackerUnavailable" })
    }).pipe(Effect.scoped)
  )

  it.live("is ready for the health check that has its certificate, and for no other", () =>
    Effect.gen(function* () {
      const { folder, tls, url } = yield* secureTracker
      const port = Number(new URL(url).port)
      yield* healthcheck(port, tls.cert)
      const other = join(folder, "other.crt")
      writeFileSync(
        other,
        makeCertificate({ commonName: "tracker", hosts: ["127.0.0.1"], from: new Date(), days: 2 }).cert
      )
      for (const file of [other, tls.key, join(folder, "nowhere.crt"), null]) {
        assert.strictEqual((yield* Effect.flip(healthcheck(port, file)))._tag, "NotReady")
      }
    }).pipe(Effect.scoped)
  )
})
