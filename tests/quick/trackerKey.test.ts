import { statSync } from "node:fs"
import { join } from "node:path"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { FarmerStore } from "@farmops/core/village/FarmerStore"
import { SnapshotSync } from "@farmops/core/village/SnapshotSync"
import { verifyCheckpoint } from "@farmops/proof/checkpoint"
import { nodeBackend } from "@farmops/proof/NodeBackend"
import { verifyProofBundle } from "@farmops/proof/proofBundle"
import { followTrackerKeys } from "@farmops/proof/trackerRotation"
import { villageLayer } from "@farmops/village/layer"
import { Context, Effect, Layer } from "effect"
import { approvedAgent, configIn, startTracker, temporaryFolder } from "../../hosts/tracker/test/trackerFixture.ts"
import { freePort } from "../../hosts/village/test/startVillage.ts"

/** A village of its own, and the means to look at one farmer now. */
const startVillage = Effect.gen(function* () {
  const port = yield* freePort
  const config = { dbUrl: ":memory:", name: "Hill", port, host: "127.0.0.1", syncSeconds: 3600 }
  const services = yield* Layer.build(villageLayer(config).pipe(Layer.provideMerge(NodeServices.layer)))
  const url = `http://127.0.0.1:${port}`
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what the wire gives
  const ask = (path: string) => Effect.promise(async (): Promise<any> => (await fetch(`${url}${path}`)).json())
  const lookAt = Effect.fnUntraced(function* (farmerId: string) {
    const farmer = yield* Context.get(services, FarmerStore).find(farmerId)
    return farmer === null ? assert.fail("no such farmer") : yield* Context.get(services, SnapshotSync).sync(farmer)
  })
  return { url, ask, lookAt }
})

describe("a farm whose tracker's key is rotated", () => {
  it.live("is the same farm to its village, and its proofs verify from before and after", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const village = yield* startVillage
      const tracker = yield* startTracker(configIn(folder))
      const agent = yield* approvedAgent(tracker)
      const chain = yield* agent.chain(7)
      const work = Effect.fnUntraced(function* (count: number) {
        for (const line of chain.splice(0, count)) assert.strictEqual((yield* tracker.submit(line)).status, 201)
        const { json } = yield* tracker.ask("/api/v1/proofs?limit=1")
        const id = json.proofs[0].proof.proof_id
        return (yield* tracker.ask(`/api/v1/proofs/${id}/bundle`)).text
      })
      const keyNow = Effect.map(tracker.ask("/api/v1/public/profile"), ({ json }) => String(json.public_key))
      const joinVillage = tracker.asOwner("/api/v1/villages", { body: JSON.stringify({ url: village.url }) })

      const early = yield* work(3)
      const joined = (yield* joinVillage).json
      const old = yield* keyNow
      const farmer = village.ask(`/api/v1/farmers/${joined.farmer_id}`)
      assert.strictEqual((yield* farmer).snapshot.public_key, old)
      const empty = (yield* tracker.ask("/api/v1/public/keys")).json
      assert.deepInclude(empty, { public_key: old, rotations: [] })

      // Nobody but the owner rotates.
      assert.strictEqual((yield* tracker.ask("/api/v1/key/rotate", { method: "POST" })).status, 401)
      assert.strictEqual(yield* keyNow, old)
      const rotated = yield* tracker.asOwner("/api/v1/key/rotate")
      assert.strictEqual(rotated.status, 200)
      const fresh = yield* keyNow
      assert.deepInclude(rotated.json, { public_key: fresh })
      assert.notStrictEqual(fresh, old)
      assert.strictEqual(statSync(join(folder, "tracker.key")).mode & 0o777, 0o600)

      const late = yield* work(4)
      assert.strictEqual(yield* village.lookAt(joined.farmer_id), "changed")
      const seen = yield* farmer
      assert.strictEqual(seen.snapshot.public_key, fresh)
      assert.isNull(seen.last_error)
      assert.strictEqual((yield* village.ask("/api/v1/leaderboard")).entries.length, 1)

      // The next one is followed at the door: the farm knocks with a key that the village has never seen.
      yield* tracker.asOwner("/api/v1/key/rotate")
      const again = (yield* joinVillage).json
      assert.strictEqual(again.farmer_id, joined.farmer_id)
      assert.strictEqual((yield* farmer).snapshot.public_key, yield* keyNow)

      const { farm_id, rotations } = (yield* tracker.ask("/api/v1/public/keys")).json
      assert.strictEqual(rotations.length, 2)
      for (const trackerKey of [old, fresh, yield* keyNow]) {
        const followed = followTrackerKeys(rotations, { farmId: farm_id, trackerKey }, nodeBackend)
        if (!followed.ok) return assert.fail(followed.fault.code)
        const trust = { origin: null, trackerKey, keys: followed.value, agentKey: agent.publicKey }
        for (const text of [early, late]) assert.isTrue(verifyProofBundle(text, trust, nodeBackend).ok)
      }
      const note = (yield* tracker.ask("/api/v1/public/checkpoint")).text
      assert.isFalse(verifyCheckpoint(note, { origin: null, publicKey: old }, nodeBackend).ok)
    }).pipe(Effect.scoped)
  )

  it.live("goes on with its newest key when it is started again", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const rotated = yield* Effect.scoped(
        Effect.gen(function* () {
          const tracker = yield* startTracker(configIn(folder))
          yield* approvedAgent(tracker)
          return (yield* tracker.asOwner("/api/v1/key/rotate")).json
        })
      )
      const tracker = yield* startTracker(configIn(folder))
      const agent = yield* approvedAgent(tracker)
      for (const line of yield* agent.chain(1)) yield* tracker.submit(line)
      const { events } = (yield* tracker.ask("/api/v1/ledger/events")).json
      const signers = events.map(({ line }: { line: string }) => JSON.parse(line).public_key)
      // The founding rules, an approval and the rotation are by the first key.
      assert.deepStrictEqual(signers.slice(3), [rotated.public_key])
      assert.lengthOf(new Set(signers.slice(0, 3)), 1)
      assert.notStrictEqual(signers[0], rotated.public_key)
    }).pipe(Effect.scoped)
  )
})
