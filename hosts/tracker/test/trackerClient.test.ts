import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { makeTrackerClient } from "@farmops/core/api/trackerClient"
import { Effect, Redacted, Stream } from "effect"
import { FetchHttpClient } from "effect/http"
import { makeAgent } from "./testAgent.ts"
import { approvedAgent, configIn, startTracker, temporaryFolder } from "./trackerFixture.ts"

const runFile = promisify(execFile)
const example = fileURLToPath(new URL("../../../examples/tracker-client/main.ts", import.meta.url))

describe("the typed client", () => {
  it.live("asks and answers in the definition's own types, from enrolment to the farm", () =>
    Effect.gen(function* () {
      const tracker = yield* startTracker(configIn(yield* temporaryFolder))
      const agent = yield* makeAgent
      const stranger = yield* makeTrackerClient({ url: tracker.url })
      const owner = yield* makeTrackerClient({ url: tracker.url, ownerToken: Redacted.make(tracker.token) })
      const params = { id: agent.agentId }

      const pending = yield* stranger.submission.enroll({ payload: yield* agent.enrolment })
      assert.strictEqual(pending.status, "pending")
      const refused = yield* Effect.flip(stranger.decisions.approve({ params, headers: {} }))
      assert.strictEqual(refused._tag, "OwnerOnly")
      const approved = yield* owner.decisions.approve({ params, headers: { "idempotency-key": "once" } })
      assert.strictEqual(approved.status, "approved")

      const [first = "", second = ""] = yield* agent.chain(2)
      const taken = yield* stranger.submission.submit({ payload: new TextEncoder().encode(first) })
      assert.deepInclude(taken, { already: false, sequence: 0 })
      const early = yield* Effect.flip(stranger.submission.submit({ payload: new TextEncoder().encode("{}") }))
      assert.deepInclude(early, { _tag: "ProofInvalid", code: "missing_field" })
      yield* stranger.submission.submit({ payload: new TextEncoder().encode(second) })

      const farm = yield* stranger.reading.farm({ query: {} })
      assert.deepStrictEqual(farm, (yield* tracker.ask("/api/v1/farm")).json)
      const { proofs } = yield* stranger.reading.proofs({ query: { board: "human", order: "oldest", limit: 1 } })
      assert.strictEqual(proofs[0]?.proof.sequence, 0)
      const days = yield* stranger.reading.daily({ query: {} })
      assert.strictEqual(days.at(-1)?.cumulative_coins, farm.total_coins)
      const exported = yield* stranger.reading.export({ query: {} })
      assert.strictEqual(exported, `${first}\n${second}\n`)
      const badge = yield* stranger.badges.badge({ query: { metric: "level" } })
      assert.strictEqual(badge?.message, String(farm.level))
      const events = yield* stranger.reading.events()
      const [seen] = yield* Stream.runCollect(Stream.take(events, 1))
      assert.strictEqual(seen?.proofs, 2)
    }).pipe(Effect.provide(FetchHttpClient.layer), Effect.scoped)
  )

  it.live("is what the example says it is", () =>
    Effect.gen(function* () {
      const tracker = yield* startTracker(configIn(yield* temporaryFolder))
      const agent = yield* approvedAgent(tracker)
      for (const line of yield* agent.chain(3)) yield* tracker.submit(line)
      const { stdout } = yield* Effect.promise(() =>
        runFile(process.execPath, ["--conditions=@farmops/source", example], {
          env: { PATH: process.env.PATH, NO_COLOR: "1", TRACKER_URL: tracker.url },
          timeout: 50_000
        })
      )
      assert.match(stdout, /^Test farm: level \d+, \d+ coins$/m)
      assert.strictEqual(stdout.match(/^Did 1 thing: \d+ coins$/gm)?.length, 3)
      assert.include(stdout, "refused: 404 proof_not_found")
    }).pipe(Effect.scoped)
  )
})
