import { assert, describe, expect, it } from "@effect/vitest"
import { checkpointOrigin } from "@farmops/proof/checkpoint"
import { decodeHex } from "@farmops/proof/hex"
import { hashLeaf, makeMerkleTree, verifyConsistency, verifyInclusion } from "@farmops/proof/merkle"
import { nodeBackend } from "@farmops/proof/NodeBackend"
import { verifyProofBundle } from "@farmops/proof/proofBundle"
import { parseProof } from "@farmops/proof/verify"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { Checkpointer } from "../src/farm/checkpoint/Checkpointer.ts"
import { Checkpoints } from "../src/farm/checkpoint/Checkpoints.ts"
import { LedgerSettings } from "../src/farm/LedgerSettings.ts"
import { TrackerKey } from "../src/farm/TrackerKey.ts"
import { grow, growTo, onCheckpointedFarm, storedLines } from "./checkpointLayers.ts"
import { approvedTestAgent } from "./farmLayers.ts"

const { sha256 } = nodeBackend

const bytesOf = (hex: string) => decodeHex(hex) ?? new Uint8Array(0)

const idOf = (line: Uint8Array): string => {
  const parsed = parseProof(line)
  return parsed.ok ? parsed.value.proof.proof_id : ""
}

describe("Checkpoints", () => {
  it.effect("proves that a line is in the ledger, under each checkpoint that has it, and under no other", () =>
    onCheckpointedFarm(
      Effect.gen(function* () {
        const checkpoints = yield* Checkpoints
        const agent = yield* approvedTestAgent
        const sizes = [3, 257, 600]
        for (const size of sizes) {
          yield* growTo(agent, size)
          yield* (yield* Checkpointer).checkpoint
        }
        const lines = yield* storedLines
        for (const index of [1, 2, 3, 255, 256, 257, 511, 512, 599]) {
          const line = lines[index] ?? new Uint8Array(0)
          for (const size of sizes) {
            if (size <= index) {
              const error = yield* Effect.flip(checkpoints.inclusion(idOf(line), size))
              assert.deepInclude(error, { _tag: "CheckpointNotFound", size })
              continue
            }
            const found = yield* checkpoints.inclusion(idOf(line), size)
            const root = bytesOf(found.checkpoint.root)
            const claim = { index: found.index, size, leafHash: hashLeaf(line, sha256), proof: found.hashes, root }
            assert.strictEqual(found.index, index)
            assert.isTrue(verifyInclusion(claim, sha256))
          }
        }
        assert.strictEqual(
          (yield* checkpoints.inclusion(idOf(lines[5] ?? new Uint8Array(0)), null)).checkpoint.size,
          600
        )
      })
    )
  )

  it.effect("proves that each ledger is the beginning of every later one, up to the last that was signed", () =>
    onCheckpointedFarm(
      Effect.gen(function* () {
        const checkpoints = yield* Checkpoints
        const agent = yield* approvedTestAgent
        yield* growTo(agent, 530)
        yield* (yield* Checkpointer).checkpoint
        yield* grow(agent, 5)
        const tree = makeMerkleTree(yield* storedLines, sha256)
        for (const [size1, size2] of [
          [1, 530],
          [255, 256],
          [256, 257],
          [256, 530],
          [511, 513],
          [512, 530],
          [530, 530]
        ] as const) {
          const proof = yield* checkpoints.consistency(size1, size2)
          const claim = { size1, size2, proof, root1: tree.root(size1), root2: tree.root(size2) }
          assert.isTrue(verifyConsistency(claim, sha256), `${size1} to ${size2}`)
        }
        for (const [from, to] of [
          [0, 5],
          [7, 6],
          [1, 531]
        ] as const) {
          assert.deepInclude(yield* Effect.flip(checkpoints.consistency(from, to)), { _tag: "CheckpointNotFound" })
        }
      })
    )
  )

  it.effect("exports one proof as a file that verifies offline, and signs first what is not signed yet", () =>
    onCheckpointedFarm(
      Effect.gen(function* () {
        const checkpoints = yield* Checkpoints
        const agent = yield* approvedTestAgent
        yield* growTo(agent, 12)
        yield* (yield* Checkpointer).checkpoint
        yield* growTo(agent, 20)
        const last = agent.head()
        const text = yield* checkpoints.bundle(last?.proofId ?? "")
        const origin = checkpointOrigin((yield* LedgerSettings).farmId)
        const trust = { origin, trackerKey: (yield* TrackerKey).publicKey, agentKey: agent.key.publicKey }
        const checked = verifyProofBundle(text, trust, nodeBackend)
        if (!checked.ok) return assert.fail(checked.fault.detail)
        expect(checked.value).toMatchObject({ hash: last?.hash, index: 19 })
        assert.strictEqual(checked.value.checkpoint.size, 20)
        assert.strictEqual((yield* checkpoints.latest).size, 20)
      })
    )
  )

  it.effect("hands out no file for a line that is not the one that was signed", () =>
    onCheckpointedFarm(
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const agent = yield* approvedTestAgent
        yield* growTo(agent, 4)
        yield* (yield* Checkpointer).checkpoint
        yield* sql`UPDATE tracker_proof SET line = replace(line, 'Did 1 thing', 'Did 9 things')`
        const error = yield* Effect.flip((yield* Checkpoints).bundle(agent.head()?.proofId ?? ""))
        expect(error).toMatchObject({ _tag: "CheckpointInconsistent", reason: "not_included", at: 3 })
      })
    )
  )

  it.effect("knows no checkpoint before the first, and none of a size that was not signed", () =>
    onCheckpointedFarm(
      Effect.gen(function* () {
        const checkpoints = yield* Checkpoints
        assert.deepInclude(yield* Effect.flip(checkpoints.latest), { _tag: "CheckpointNotFound", size: null })
        yield* growTo(yield* approvedTestAgent, 4)
        const signed = yield* (yield* Checkpointer).checkpoint
        assert.deepStrictEqual(yield* checkpoints.at(4), signed)
        assert.deepStrictEqual(yield* checkpoints.latest, signed)
        assert.deepInclude(yield* Effect.flip(checkpoints.at(3)), { _tag: "CheckpointNotFound", size: 3 })
        assert.deepInclude(yield* Effect.flip(checkpoints.bundle("no-such-proof")), { _tag: "ProofNotFound" })
      })
    )
  )
})
