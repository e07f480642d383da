import { assert, describe, expect, it } from "@effect/vitest"
import {
  type Checkpoint,
  checkpointOrigin,
  followsCheckpoint,
  signCheckpoint,
  verifyCheckpoint
} from "@farmops/proof/checkpoint"
import { encodeHex } from "@farmops/proof/hex"
import { makeMerkleTree } from "@farmops/proof/merkle"
import { nodeBackend } from "@farmops/proof/NodeBackend"
import { makeSigningKey } from "@farmops/proof/SigningKey"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { Checkpointer } from "../src/farm/checkpoint/Checkpointer.ts"
import { LedgerSettings } from "../src/farm/LedgerSettings.ts"
import { TrackerKey } from "../src/farm/TrackerKey.ts"
import { grow, growTo, onCheckpointedFarm, storedLines } from "./checkpointLayers.ts"
import { approvedTestAgent } from "./farmLayers.ts"

const { sha256 } = nodeBackend

/** Signs now and checks the note as a stranger would who has the farm's key and id. */
const signedNow = Effect.gen(function* () {
  const signed = yield* (yield* Checkpointer).checkpoint
  const { publicKey } = yield* TrackerKey
  const origin = checkpointOrigin((yield* LedgerSettings).farmId)
  const checked = verifyCheckpoint(signed?.note ?? "", { origin, publicKey }, nodeBackend)
  return checked.ok ? checked.value : yield* Effect.die(new Error(checked.fault.detail))
})

const countOf = (table: string) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const [row] = yield* sql<{ n: number }>`SELECT COUNT(*) AS n FROM ${sql(table)}`
    return row?.n
  })

describe("Checkpointer", () => {
  it.effect("signs the root over all lines, each checkpoint naming the one before, across full tiles", () =>
    onCheckpointedFarm(
      Effect.gen(function* () {
        const agent = yield* approvedTestAgent
        let before: Checkpoint | null = null
        for (const size of [2, 255, 256, 257, 512, 812]) {
          yield* growTo(agent, size)
          const signed: Checkpoint = yield* signedNow
          const lines = yield* storedLines
          assert.strictEqual(signed.size, lines.length)
          assert.strictEqual(encodeHex(signed.root), encodeHex(makeMerkleTree(lines, sha256).root()))
          assert.isNull(followsCheckpoint(before, signed))
          before = signed
        }
        assert.strictEqual(before?.size, 812)
      })
    )
  )

  it.effect("grows the same tree in one go as step by step", () =>
    onCheckpointedFarm(
      Effect.gen(function* () {
        const agent = yield* approvedTestAgent
        // More lines than one transaction adds.
        yield* growTo(agent, 2300)
        const signed = yield* signedNow
        assert.strictEqual(signed.size, 2300)
        assert.strictEqual(encodeHex(signed.root), encodeHex(makeMerkleTree(yield* storedLines, sha256).root()))
        assert.strictEqual(yield* countOf("tracker_checkpoint"), 1)
      })
    )
  )

  it.effect("signs nothing for an empty ledger, and nothing twice", () =>
    onCheckpointedFarm(
      Effect.gen(function* () {
        const { checkpoint } = yield* Checkpointer
        assert.isNull(yield* checkpoint)
        yield* grow(yield* approvedTestAgent, 3)
        const signed = yield* checkpoint
        assert.deepStrictEqual(yield* checkpoint, signed)
        assert.deepStrictEqual(yield* Effect.all([checkpoint, checkpoint], { concurrency: 2 }), [signed, signed])
        assert.strictEqual(yield* countOf("tracker_checkpoint"), 1)
      })
    )
  )

  const flipFirst = (
    column: string
  ) => `UPDATE tracker_tile SET hashes = CASE substr(hashes, ${column}, 1) WHEN '0' THEN
    substr(hashes, 1, ${column} - 1) || '1' || substr(hashes, ${column} + 1) ELSE
    substr(hashes, 1, ${column} - 1) || '0' || substr(hashes, ${column} + 1) END`

  it.effect.each<[string, number, string, string]>([
    [
      "a leaf at the edge of the tree was changed",
      40,
      `${flipFirst("1")} WHERE level = 0 AND tile = 1`,
      "previous_root"
    ],
    ["a hash of a whole tile was changed", 40, `${flipFirst("1")} WHERE level = 1`, "previous_root"],
    ["a tile is gone", 40, "DELETE FROM tracker_tile WHERE level = 1", "tile_missing"],
    ["the last tile is gone", 40, "DELETE FROM tracker_tile WHERE level = 0 AND tile = 1", "tile_missing"],
    ["a tile was cut", 40, "UPDATE tracker_tile SET hashes = substr(hashes, 1, 99) WHERE tile = 1", "tile_damaged"],
    ["the note was changed", 40, "UPDATE tracker_checkpoint SET note = replace(note, '300', '301')", "previous_note"],
    [
      "another root stands beside the note",
      40,
      "UPDATE tracker_checkpoint SET root = substr(root, 2) || substr(root, 1, 1)",
      "previous_note"
    ],
    [
      "a line that was signed is gone from the end",
      0,
      "DELETE FROM tracker_proof WHERE position = 299",
      "ledger_shorter"
    ],
    ["a new line is gone", 40, "DELETE FROM tracker_proof WHERE position = 310", "gap"]
  ])("signs nothing and changes nothing when %s", ([, more, tampering, reason]) =>
    onCheckpointedFarm(
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const agent = yield* approvedTestAgent
        yield* growTo(agent, 300)
        yield* signedNow
        if (more > 0) yield* grow(agent, more)
        yield* sql.unsafe(tampering)
        const tiles = yield* sql`SELECT * FROM tracker_tile ORDER BY level, tile`
        const error = yield* Effect.flip((yield* Checkpointer).checkpoint)
        expect(error).toMatchObject({ _tag: "CheckpointInconsistent", reason })
        assert.strictEqual(yield* countOf("tracker_checkpoint"), 1)
        assert.deepStrictEqual(yield* sql`SELECT * FROM tracker_tile ORDER BY level, tile`, tiles)
      })
    )
  )

  it.effect("signs nothing after a checkpoint that another key signed", () =>
    onCheckpointedFarm(
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const agent = yield* approvedTestAgent
        yield* growTo(agent, 3)
        const { origin, previous, root, size } = yield* signedNow
        const note = signCheckpoint(yield* makeSigningKey, { origin, size, root, previous })
        yield* sql`UPDATE tracker_checkpoint SET note = ${note}`
        yield* grow(agent, 1)
        expect(yield* Effect.flip((yield* Checkpointer).checkpoint)).toMatchObject({ reason: "previous_note", at: 3 })
      })
    )
  )

  it.effect("lets proofs in while it signs nothing", () =>
    onCheckpointedFarm(
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const agent = yield* approvedTestAgent
        yield* grow(agent, 3)
        yield* signedNow
        yield* sql`DELETE FROM tracker_tile`
        yield* Effect.flip((yield* Checkpointer).checkpoint)
        yield* grow(agent, 2)
        assert.strictEqual(yield* countOf("tracker_proof"), 5)
      })
    )
  )
})
