import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { assert, describe, it } from "@effect/vitest"
import { decodeBase64 } from "@farmops/proof/base64"
import { verifyCheckpoint } from "@farmops/proof/checkpoint"
import { encodeHex } from "@farmops/proof/hex"
import { verifyConsistency } from "@farmops/proof/merkle"
import { nodeBackend } from "@farmops/proof/NodeBackend"
import { verifyProofBundle } from "@farmops/proof/proofBundle"
import { Effect } from "effect"
import { approvedAgent, configIn, type StartedTracker, startTracker, temporaryFolder } from "./trackerFixture.ts"

const trackerKey = (tracker: StartedTracker) =>
  Effect.map(tracker.ask("/api/v1/public/profile"), ({ json }) => String(json.public_key))

const checkpointOf = Effect.fnUntraced(function* (tracker: StartedTracker, query = "") {
  const answer = yield* tracker.ask(`/api/v1/public/checkpoint${query}`)
  assert.deepInclude(answer, { status: 200, type: "text/plain; charset=utf-8" })
  const trust = { origin: null, publicKey: yield* trackerKey(tracker) }
  const checked = verifyCheckpoint(answer.text, trust, nodeBackend)
  return checked.ok ? checked.value : yield* Effect.die(new Error(checked.fault.detail))
})

describe("a tracker's checkpoints", () => {
  it.live("say nothing of what was never signed, then prove each proof and each other to a stranger", () =>
    Effect.gen(function* () {
      const tracker = yield* startTracker(configIn(yield* temporaryFolder))
      const none = yield* tracker.ask("/api/v1/public/checkpoint?size=2")
      assert.deepInclude(none, { status: 404, type: "application/problem+json" })
      assert.strictEqual(none.json.code, "checkpoint_not_found")

      const agent = yield* approvedAgent(tracker)
      const submit = Effect.fnUntraced(function* (count: number) {
        for (const line of yield* agent.chain(count)) yield* tracker.submit(line)
        return (yield* tracker.ask("/api/v1/proofs?limit=1")).json.proofs[0]
      })
      const bundleOf = (id: string) => tracker.ask(`/api/v1/proofs/${id}/bundle`)
      const first = yield* submit(3)
      const answer = yield* bundleOf(first.proof.proof_id)
      assert.deepInclude(answer, { status: 200, type: "text/plain; charset=utf-8" })
      const trust = { origin: null, trackerKey: yield* trackerKey(tracker), agentKey: agent.publicKey }
      const checked = verifyProofBundle(answer.text, trust, nodeBackend)
      assert.isTrue(checked.ok && checked.value.hash === first.hash)
      const small = yield* checkpointOf(tracker)

      const later = yield* submit(4)
      yield* bundleOf(later.proof.proof_id)
      const large = yield* checkpointOf(tracker)
      assert.deepStrictEqual(yield* checkpointOf(tracker, `?size=${small.size}`), small)
      const { json } = yield* tracker.ask(`/api/v1/public/checkpoint/consistency?from=${small.size}&to=${large.size}`)
      const proof = json.hashes.map((text: string) => decodeBase64(text))
      const claim = { size1: small.size, size2: large.size, root1: small.root, root2: large.root, proof }
      assert.isTrue(verifyConsistency(claim, nodeBackend.sha256))
      assert.deepStrictEqual((yield* tracker.ask("/api/v1/public/snapshot")).json.body.checkpoint, {
        size: large.size,
        root: encodeHex(large.root)
      })

      assert.strictEqual((yield* bundleOf("00000000-0000-7000-8000-000000000000")).json.code, "proof_not_found")
      const beyond = yield* tracker.ask("/api/v1/public/checkpoint/consistency?from=1&to=1000")
      assert.strictEqual(beyond.json.code, "checkpoint_not_found")
      assert.strictEqual((yield* tracker.ask("/api/v1/public/checkpoint?size=0")).status, 400)
    }).pipe(Effect.scoped)
  )

  it.live("are signed for what came last when the tracker stops, and go on from there", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const config = configIn(folder)
      yield* Effect.scoped(
        Effect.gen(function* () {
          const tracker = yield* startTracker(config)
          const agent = yield* approvedAgent(tracker)
          for (const line of yield* agent.chain(5)) yield* tracker.submit(line)
        })
      )
      const stopped = new DatabaseSync(join(folder, "tracker.db"))
      const row = stopped.prepare("SELECT MAX(size) AS size FROM tracker_checkpoint").get()
      stopped.close()
      assert.isAtLeast(Number(row?.size), 5)
      const tracker = yield* startTracker(config)
      assert.strictEqual((yield* checkpointOf(tracker)).size, Number(row?.size))
      assert.strictEqual((yield* tracker.ask("/readyz")).status, 200)
    }).pipe(Effect.scoped)
  )
})
