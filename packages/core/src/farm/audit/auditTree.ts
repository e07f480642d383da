/**
 * Grows the tree again from the lines and compares: every stored tile of every level, every signed root, and that each
 * checkpoint names the one before. The middle of the ledger is looked at as closely as its ends.
 */
import { type Checkpoint, checkpointOrigin, followsCheckpoint, verifyCheckpoint } from "@farmops/proof/checkpoint"
import { encodeHex } from "@farmops/proof/hex"
import { makeCompactRange } from "@farmops/proof/merkle"
import { trackerKeyAt } from "@farmops/proof/trackerRotation"
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { readCheckpointsAfter, type StoredCheckpoint } from "../checkpoint/CheckpointStore.ts"
import { hashesOf, storedSize } from "../checkpoint/TileStore.ts"
import { foldComplete, hashesAt, tileLevelsMax, tileWidth } from "../checkpoint/tilePlaces.ts"
import { SqlCount } from "../SqlCount.ts"
import type { AuditTrust } from "./AuditReport.ts"

/** Takes the ledger's leaves in order. Null stands for one whose line was archived: the stored tree says its hash. */
export interface TreeAuditor {
  readonly accept: (leafHash: Uint8Array | null) => Effect.Effect<void, unknown, SqlClient.SqlClient>
  readonly finish: Effect.Effect<
    { readonly checkpoints: number; readonly signed: number },
    unknown,
    SqlClient.SqlClient
  >
}

const decodeTile = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ hashes: Schema.String })))
const decodeCount = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ n: SqlCount })))

const readTile = Effect.fnUntraced(function* (level: number, tile: number) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* decodeTile(yield* sql`SELECT hashes FROM tracker_tile WHERE level = ${level} AND tile = ${tile}`)
  return row === undefined ? [] : (hashesOf(row.hashes) ?? [])
})

const countTiles = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* decodeCount(yield* sql`SELECT COUNT(*) AS n FROM tracker_tile`)
  return row?.n ?? 0
})

const tilesOf = (size: number): number => {
  let tiles = 0
  for (let level = 0; level < tileLevelsMax; level++) tiles += Math.ceil(hashesAt(level, size) / tileWidth)
  return tiles
}

/** Checkpoints that are held in memory at once. */
const pageCheckpoints = 256

/** Walks the checkpoints beside the tree. */
const makeCheckpointWalk = ({ backend, farmId, found, keys }: AuditTrust) => {
  const origin = checkpointOrigin(farmId)
  let page: Array<StoredCheckpoint> = []
  let read = 0
  let count = 0
  let before: Checkpoint | null = null
  const next = Effect.gen(function* () {
    if (page.length === 0) {
      page = [...(yield* readCheckpointsAfter(read, pageCheckpoints))]
      read = page.at(-1)?.size ?? Number.MAX_SAFE_INTEGER
    }
    return page[0] ?? null
  })
  const look = (stored: StoredCheckpoint, root: Uint8Array | null): void => {
    const place = `checkpoint ${stored.size}`
    page.shift()
    count++
    const publicKey = trackerKeyAt(keys, stored.size)
    const checked = verifyCheckpoint(stored.note, { origin, publicKey }, backend)
    if (!checked.ok) {
      found.add("checkpoint", place, `its note ${checked.fault.detail}`)
      return
    }
    const { value } = checked
    const order = followsCheckpoint(before, value)
    before = value
    if (order !== null) found.add("checkpoint", place, `it ${order.detail}`)
    if (value.size !== stored.size || encodeHex(value.root) !== stored.root) {
      found.add("checkpoint", place, "its columns are not what its note says")
    }
    if (root === null) found.add("checkpoint", place, "the tree has fewer lines than it signs")
    else if (encodeHex(root) !== encodeHex(value.root)) {
      found.add("checkpoint", place, "its root is not that of the ledger's lines")
    }
  }
  return { next, look, count: () => count, signed: () => before?.size ?? 0 }
}

/** Starts at the first line. */
export const makeTreeAuditor = Effect.fnUntraced(function* (trust: AuditTrust) {
  const { found } = trust
  const { sha256 } = trust.backend
  const treeSize = yield* storedSize
  const tree = makeCompactRange(sha256)
  const walk = makeCheckpointWalk(trust)
  const grown: Array<Array<Uint8Array>> = Array.from({ length: tileLevelsMax }, () => [])
  const done: Array<number> = grown.map(() => 0)
  let stored: ReadonlyArray<Uint8Array> = []
  let lost = false

  /** Compares one grown tile with the stored one, then starts the next of its level. */
  const compare = Effect.fnUntraced(function* (level: number) {
    const hashes = grown[level] ?? []
    const tile = done[level] ?? 0
    const kept = level === 0 ? stored : yield* readTile(level, tile)
    const at = hashes.findIndex((hash, index) => encodeHex(hash) !== encodeHex(kept[index] ?? new Uint8Array(0)))
    if (at >= 0) {
      const position = (tile * tileWidth + at) * tileWidth ** level
      found.add("tile", `tile ${tile} of level ${level}`, `it is not that of the lines from position ${position} on`)
    } else if (kept.length !== hashes.length) {
      found.add("tile", `tile ${tile} of level ${level}`, "it has hashes of lines that are not there")
    }
    grown[level] = []
    done[level] = tile + 1
    if (hashes.length === tileWidth && level + 1 < tileLevelsMax) {
      grown[level + 1]?.push(foldComplete(hashes, sha256))
    }
  })

  const compareFull = Effect.gen(function* () {
    for (let level = 0; level < tileLevelsMax && (grown[level]?.length ?? 0) === tileWidth; level++) {
      yield* compare(level)
    }
  })

  let signed = yield* walk.next
  const compareSigned = Effect.gen(function* () {
    if (signed !== null) walk.look(signed, tree.root())
    signed = yield* walk.next
  })

  const accept = Effect.fnUntraced(function* (leafHash: Uint8Array | null) {
    const position = tree.size()
    // Lines after the last page of the tree are signed with the next checkpoint.
    if (lost || position >= treeSize) return
    const at = position % tileWidth
    if (at === 0) stored = yield* readTile(0, position / tileWidth)
    const hash = leafHash ?? stored[at]
    if (hash === undefined) {
      found.add("tile", `position ${position}`, "neither the line nor its hash in the tree is there")
      lost = true
      return
    }
    grown[0]?.push(hash)
    tree.append(hash)
    if (signed?.size === tree.size()) yield* compareSigned
    if (at === tileWidth - 1) yield* compareFull
  })

  const finish = Effect.gen(function* () {
    if (lost) return { checkpoints: walk.count(), signed: walk.signed() }
    if (tree.size() < treeSize)
      found.add("tile", `position ${tree.size()}`, "the tree has hashes of lines that are gone")
    for (let level = 0; level < tileLevelsMax; level++) if ((grown[level]?.length ?? 0) > 0) yield* compare(level)
    if ((yield* countTiles) !== tilesOf(treeSize)) found.add("tile", "the tree", "it has tiles too many or too few")
    for (let rest = yield* walk.next; rest !== null; rest = yield* walk.next) walk.look(rest, null)
    return { checkpoints: walk.count(), signed: walk.signed() }
  })

  return { accept, finish } satisfies TreeAuditor
})
