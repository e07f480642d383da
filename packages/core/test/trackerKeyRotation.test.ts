import { readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, expect, it } from "@effect/vitest"
import { verifyArchive } from "@farmops/proof/archiveFile"
import { checkpointOrigin, followsCheckpoint, verifyCheckpoint } from "@farmops/proof/checkpoint"
import { nodeBackend } from "@farmops/proof/NodeBackend"
import { verifyProofBundle } from "@farmops/proof/proofBundle"
import { verifyStatement } from "@farmops/proof/signedStatement"
import { followTrackerKeys, trackerKeyAt } from "@farmops/proof/trackerRotation"
import { Effect, Exit } from "effect"
import { LedgerArchive } from "../src/farm/archive/LedgerArchive.ts"
import { LedgerAudit } from "../src/farm/audit/LedgerAudit.ts"
import { Checkpointer } from "../src/farm/checkpoint/Checkpointer.ts"
import { readCheckpointsAfter } from "../src/farm/checkpoint/CheckpointStore.ts"
import { Checkpoints } from "../src/farm/checkpoint/Checkpoints.ts"
import { FarmKeys } from "../src/farm/keys/FarmKeys.ts"
import { Ledger } from "../src/farm/Ledger.ts"
import { LedgerCommits } from "../src/farm/LedgerCommits.ts"
import { LedgerSettings } from "../src/farm/LedgerSettings.ts"
import { SnapshotSigner } from "../src/farm/SnapshotSigner.ts"
import { TrackerKey } from "../src/farm/TrackerKey.ts"
import { TrustStore } from "../src/farm/TrustStore.ts"
import { verifyEvent } from "../src/farm/trust/LedgerEvent.ts"
import { grow, makeStory, onCheckpointedFarm } from "./checkpointLayers.ts"
import { approvedTestAgent } from "./farmLayers.ts"
import { temporaryFolder } from "./temporaryFolder.ts"
import { trackersShareTheKey, trackerWithTheOldKeyStops } from "./trackerKeySharing.ts"
import { assertReplays } from "./trustFixture.ts"

const rotate = Effect.flatMap(FarmKeys, (keys) => keys.rotate)

const auditUnder = Effect.fnUntraced(function* (trackerKey: string, level: "full" | "links" = "full") {
  return yield* (yield* LedgerAudit).audit({ level, trackerKey })
})

/** What everybody can follow, from one key. */
const rowFrom = Effect.fnUntraced(function* (trackerKey: string) {
  const { farm_id, rotations } = yield* (yield* FarmKeys).list
  const followed = followTrackerKeys(rotations, { farmId: farm_id, trackerKey }, nodeBackend)
  return followed.ok ? followed.value : assert.fail(followed.fault.code)
})

const signerOf = (key: string, body: { readonly body: object; readonly signature: string }) =>
  verifyStatement(nodeBackend, key, "farmops/snapshot/v1", body.body, body.signature)

describe("a tracker whose key is rotated", () => {
  it.effect("signs with the new key from the next line on, and everything before stays good under the old one", () =>
    onCheckpointedFarm(
      Effect.gen(function* () {
        const { one } = yield* makeStory
        const { checkpoint } = yield* Checkpointer
        const checkpoints = yield* Checkpoints
        const trust = yield* TrustStore
        const { farmId } = yield* LedgerSettings
        const origin = checkpointOrigin(farmId)
        const old = (yield* TrackerKey).publicKey
        const agentKey = one.key.publicKey
        const provedBefore = one.head()?.proofId ?? ""
        const before = { bundle: yield* checkpoints.bundle(provedBefore), checkpoint: yield* checkpoint }
        const first = yield* (yield* SnapshotSigner).snapshot

        const rotated = yield* rotate
        const fresh = rotated.public_key
        assert.notStrictEqual(fresh, old)
        assert.deepInclude(yield* (yield* FarmKeys).list, {
          farm_id: farmId,
          public_key: fresh,
          fingerprint: rotated.fingerprint
        })

        // A bundle of the same proof is by the key in force now, though the last checkpoint would have covered it.
        const again = yield* checkpoints.bundle(provedBefore)
        assert.notStrictEqual(again, before.bundle)
        yield* grow(one, 2)
        const agent = yield* approvedTestAgent
        yield* trust.revoke(agent.agentId)
        const after = { bundle: yield* checkpoints.bundle(one.head()?.proofId ?? "") }
        const second = yield* (yield* SnapshotSigner).snapshot
        assert.deepStrictEqual(
          [first, second].map(({ public_key }) => public_key),
          [old, fresh]
        )
        assert.isTrue(signerOf(old, first) && signerOf(fresh, second) && !signerOf(old, second))

        for (const known of [old, fresh]) {
          const keys = yield* rowFrom(known)
          for (const text of [before.bundle, again, after.bundle]) {
            const told = { origin, trackerKey: known, agentKey }
            assert.isTrue(verifyProofBundle(text, { ...told, keys }, nodeBackend).ok)
            // Without the rotations each verifies under the key that signed it, and under no other.
            const isItsOwn = (text === before.bundle) === (known === old)
            assert.strictEqual(verifyProofBundle(text, told, nodeBackend).ok, isItsOwn)
          }
          for (const level of ["full", "links"] as const) {
            const report = yield* auditUnder(known, level)
            expect(report.first).toEqual([])
            assert.isAbove(report.checkpoints, 3)
          }
        }
        yield* assertReplays

        // Checkpoints are one chain still, and each event is under the key that covers its place.
        const [next] = yield* readCheckpointsAfter(before.checkpoint?.size ?? 0, 1)
        const opened = [
          [before.checkpoint, old],
          [next, fresh]
        ] as const
        const [early, late] = opened.map(([stored, publicKey]) => {
          const checked = verifyCheckpoint(stored?.note ?? "", { origin, publicKey }, nodeBackend)
          return checked.ok ? checked.value : assert.fail(checked.fault.code)
        })
        if (early === undefined || late === undefined) return assert.fail("two checkpoints")
        assert.isNull(followsCheckpoint(early, late))
        const row = yield* rowFrom(old)
        const { events } = yield* (yield* Ledger).events(-1, 100)
        const kinds = events.map(
          ({ line, position }) => verifyEvent(line, trackerKeyAt(row, position), nodeBackend)?.kind
        )
        assert.deepStrictEqual(kinds.slice(-3), ["tracker_key_rotated", "agent_approved", "agent_revoked"])
        assert.isFalse(kinds.includes(undefined))
        const last = events.at(-1)
        assert.isNull(verifyEvent(last?.line ?? "", old, nodeBackend))
      })
    )
  )

  it.effect("archives and restores lines of both keys, and each file verifies with either", () =>
    onCheckpointedFarm(
      Effect.gen(function* () {
        const { one } = yield* makeStory
        const { checkpoint } = yield* Checkpointer
        const { archive, restore } = yield* LedgerArchive
        const { farmId } = yield* LedgerSettings
        const folder = yield* temporaryFolder
        const known = [(yield* TrackerKey).publicKey]
        const files: Array<string> = []
        const archiveAll = Effect.fnUntraced(function* () {
          yield* checkpoint
          const file = join(folder, `${files.length}.farmops-archive`)
          files.push(file)
          yield* archive({ type: "keep", lines: 0 }, file)
        })
        const check = Effect.gen(function* () {
          for (const key of known) expect((yield* auditUnder(key)).first).toEqual([])
          yield* assertReplays
        })
        yield* archiveAll()
        known.push((yield* rotate).public_key)
        yield* grow(one, 3)
        yield* check
        yield* archiveAll()
        known.push((yield* rotate).public_key)
        yield* grow(one, 2)
        yield* check
        for (const trackerKey of known) {
          const keys = yield* rowFrom(trackerKey)
          for (const [at, file] of files.entries()) {
            const bytes = readFileSync(file)
            assert.isTrue(verifyArchive(bytes, { trackerKey, farmId, keys }, nodeBackend).ok)
            // Alone, a file leads to the keys that there were when it was made.
            const isTold = known.indexOf(trackerKey) <= at
            assert.strictEqual(verifyArchive(bytes, { trackerKey, farmId }, nodeBackend).ok, isTold)
          }
        }
        yield* restore(files[1] ?? "")
        yield* check
        yield* restore(files[0] ?? "")
        yield* check
        // Both are away again, now as one file of three keys.
        yield* archiveAll()
        const whole = readFileSync(files[2] ?? "")
        for (const trackerKey of known) assert.isTrue(verifyArchive(whole, { trackerKey, farmId }, nodeBackend).ok)
        yield* check
      })
    )
  )

  it.effect("archives nothing under a key that was retired meanwhile", () =>
    onCheckpointedFarm(
      Effect.gen(function* () {
        yield* makeStory
        const real = yield* TrackerKey
        const retired = yield* real.inForce
        yield* rotate
        yield* (yield* Checkpointer).checkpoint
        let looks = 0
        // The first look is that of the header; by the second somebody has rotated.
        const late = {
          ...real,
          inForce: Effect.suspend(() => (looks++ === 0 ? Effect.succeed(retired) : real.inForce)),
          keys: Effect.map(real.keys, (keys) =>
            looks > 1 ? keys : { ...keys, rotations: [], epochs: keys.epochs.slice(0, 1) }
          )
        }
        const file = join(yield* temporaryFolder, "a")
        const { archive } = yield* Effect.provideService(LedgerArchive.make, TrackerKey, late)
        const error = yield* Effect.flip(archive({ type: "before_size", size: 33 }, file))
        expect(error).toMatchObject({ _tag: "ArchiveRefused", reason: "ledger_moved" })
        expect((yield* auditUnder(retired.publicKey)).first).toEqual([])
      })
    )
  )

  it.effect("is rotated one time after the other, also by several at once", () =>
    onCheckpointedFarm(
      Effect.gen(function* () {
        const agent = yield* approvedTestAgent
        const known = (yield* TrackerKey).publicKey
        const turns = yield* Effect.all([rotate, rotate, rotate, rotate], { concurrency: "unbounded" })
        const positions = turns.map(({ position }) => position).toSorted((a, b) => a - b)
        assert.deepStrictEqual(positions, [1, 2, 3, 4])
        const row = yield* rowFrom(known)
        assert.strictEqual(new Set(row.epochs.map(({ publicKey }) => publicKey)).size, 5)
        yield* grow(agent, 2)
        yield* (yield* Checkpointer).checkpoint
        expect((yield* auditUnder(known)).first).toEqual([])
      })
    )
  )

  it.live("is followed by another process of it, whichever of them rotates", () =>
    Effect.gen(function* () {
      yield* trackersShareTheKey(yield* temporaryFolder)
    }).pipe(Effect.scoped)
  )

  it.live("is not started with a key that its ledger left behind", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      yield* trackerWithTheOldKeyStops(folder, yield* temporaryFolder, join(folder, "tracker.db"))
    }).pipe(Effect.scoped)
  )

  it.effect("is rotated no more often than anybody follows", () =>
    onCheckpointedFarm(
      Effect.gen(function* () {
        const real = yield* TrackerKey
        const many = {
          ...real,
          keys: Effect.map(real.keys, (row) => ({ ...row, rotations: Array.from({ length: 512 }, () => "") }))
        }
        const { rotate: once } = yield* Effect.provideService(FarmKeys.make, TrackerKey, many).pipe(
          Effect.provide(LedgerCommits.layer)
        )
        expect(yield* Effect.flip(once)).toMatchObject({ _tag: "RotationsExhausted", rotationsMax: 512 })
        assert.deepStrictEqual((yield* (yield* FarmKeys).list).rotations, [])
        assert.isTrue(Exit.isSuccess(yield* Effect.exit(rotate)))
      })
    )
  )
})
