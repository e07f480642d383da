/**
 * Signs the ledger as it stands. Before it signs, the stored tree must have the root of the last signed checkpoint at that
 * checkpoint's size, and grow into the new one by a proof of consistency; otherwise nothing is signed and nothing changes.
 */
import { type Checkpoint, checkpointOrigin, signCheckpoint, verifyCheckpoint } from "@farmops/proof/checkpoint"
import { Ed25519 } from "@farmops/proof/Ed25519"
import { encodeHex } from "@farmops/proof/hex"
import { foldPlan, hashLeaf, planConsistency, verifyConsistency } from "@farmops/proof/merkle"
import { trackerKeyAt } from "@farmops/proof/trackerRotation"
import { Context, Effect, Layer, Semaphore } from "effect"
import { SqlClient } from "effect/sql"
import { LedgerSettings } from "../LedgerSettings.ts"
import { TrackerKey } from "../TrackerKey.ts"
import { underFarmLock } from "../underFarmLock.ts"
import { wireNow } from "../wireTime.ts"
import { inconsistent, orInconsistent } from "./CheckpointInconsistent.ts"
import { insertCheckpoint, readLatestCheckpoint, type StoredCheckpoint } from "./CheckpointStore.ts"
import { type LedgerLine, leavesAfter, readLength } from "./ledgerLeaves.ts"
import { growTiles, readSubtrees, storedRoot, storedSize } from "./TileStore.ts"

/** Lines that one transaction adds to the tree: intake waits for about 30 ms at most, however long the ledger is. */
const pageLines = 2048

const utf8 = new TextEncoder()

/** Whether the last checkpoint still holds, and how far the tree has grown. */
interface Standing {
  readonly last: StoredCheckpoint | null
  readonly treeSize: number
  readonly length: number
}

const readStanding = Effect.gen(function* () {
  const last = yield* readLatestCheckpoint
  const { counted, held } = yield* readLength
  const treeSize = yield* storedSize
  if (treeSize < (last?.size ?? 0)) return yield* inconsistent("tile_missing", treeSize)
  if (held < treeSize) return yield* inconsistent("ledger_shorter", held)
  if (held < counted) return yield* inconsistent("gap", held)
  return { last, treeSize, length: held } satisfies Standing
})

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { backend } = yield* Ed25519
  const key = yield* TrackerKey
  const { farmId } = yield* LedgerSettings
  const origin = checkpointOrigin(farmId)
  const { sha256 } = backend
  const lock = yield* Semaphore.make(1)

  const leafOf = ({ line, position }: LedgerLine, expected: number) => {
    if (position !== expected) return Effect.fail(inconsistent("gap", expected))
    if (line === null) return Effect.fail(inconsistent("line_missing", position))
    return Effect.succeed(hashLeaf(utf8.encode(line), sha256))
  }

  /** Adds the next page of lines to the tree and says how large it is then. */
  const grow = Effect.fnUntraced(function* ({ length, treeSize }: Standing) {
    const lines = yield* leavesAfter(treeSize - 1, Math.min(pageLines, length - treeSize))
    const leaves: Array<Uint8Array> = []
    for (const [at, line] of lines.entries()) leaves.push(yield* leafOf(line, treeSize + at))
    yield* growTiles(treeSize, leaves, sha256)
    return treeSize + lines.length
  })

  const checkLast = Effect.fnUntraced(function* (stored: StoredCheckpoint) {
    const publicKey = trackerKeyAt(yield* key.keys, stored.size)
    const checked = verifyCheckpoint(stored.note, { origin, publicKey }, backend)
    if (!checked.ok || checked.value.size !== stored.size || encodeHex(checked.value.root) !== stored.root) {
      return yield* inconsistent("previous_note", stored.size)
    }
    const root = yield* storedRoot(stored.size, sha256)
    if (encodeHex(root) !== stored.root) return yield* inconsistent("previous_root", stored.size)
    return checked.value
  })

  const checkConsistency = Effect.fnUntraced(function* (before: Checkpoint, size: number, root: Uint8Array) {
    const plan = planConsistency(before.size, size)
    const proof = foldPlan(plan, yield* readSubtrees(plan.flat(), sha256), sha256)
    const claim = { size1: before.size, size2: size, proof, root1: before.root, root2: root }
    if (!verifyConsistency(claim, sha256)) return yield* inconsistent("not_consistent", size)
  })

  const sign = Effect.fnUntraced(function* (last: StoredCheckpoint | null, size: number) {
    const before = last === null ? null : yield* checkLast(last)
    if (last !== null && last.size === size) return last
    const root = yield* storedRoot(size, sha256)
    if (before !== null) yield* checkConsistency(before, size, root)
    const note = signCheckpoint(yield* key.inForce, { origin, size, root, previous: before?.hash ?? null })
    const signed: StoredCheckpoint = { size, note, root: encodeHex(root), created_at: yield* wireNow }
    yield* insertCheckpoint(signed)
    return signed
  })

  /** Null where more lines are left than one transaction may take. */
  const step = Effect.gen(function* () {
    const standing = yield* readStanding
    const size = yield* grow(standing)
    if (size === 0) return { done: true, checkpoint: null } as const
    if (size < standing.length) return { done: false } as const
    return { done: true, checkpoint: yield* sign(standing.last, size) } as const
  })

  const checkpoint = Effect.gen(function* () {
    for (;;) {
      const stepped = yield* underFarmLock(step)
      if (stepped.done) return stepped.checkpoint
    }
  }).pipe(
    orInconsistent,
    Effect.provideService(SqlClient.SqlClient, sql),
    lock.withPermits(1),
    Effect.withSpan("Checkpointer.checkpoint")
  )

  return {
    /** The checkpoint of the whole ledger: the last one where nothing came since, else a new one. Null while it is empty. */
    checkpoint
  } as const
})

/** The only signer of checkpoints. */
export class Checkpointer extends Context.Service<Checkpointer>()("@farmops/core/farm/checkpoint/Checkpointer", {
  make
}) {
  /** Needs the tables of `ledgerMigrations`. */
  static readonly layer: Layer.Layer<Checkpointer, never, Ed25519 | LedgerSettings | SqlClient.SqlClient | TrackerKey> =
    Layer.effect(this, this.make)
}
