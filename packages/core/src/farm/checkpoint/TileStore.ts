/** Reads and grows the stored tree. It only ever grows to the right, so hashes of a smaller tree stay where they are. */
import { decodeHex, encodeHex } from "@farmops/proof/hex"
import { hashBytes, planRoot, type Sha256, type Subtree } from "@farmops/proof/merkle"
import { foldSubtrees } from "@farmops/proof/merkleHash"
import { Array as Arr, Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { SqlCount } from "../SqlCount.ts"
import { inconsistent } from "./CheckpointInconsistent.ts"
import { foldComplete, hashesAt, placeOf, type TileId, tileLevelsMax, tileWidth } from "./tilePlaces.ts"

const decodeTiles = Schema.decodeUnknownEffect(
  Schema.Array(Schema.Struct({ level: SqlCount, tile: SqlCount, hashes: Schema.String }))
)

const nameOf = ({ level, tile }: TileId): string => `${level}/${tile}`

/** The hashes of a stored tile, or null where the text is none. */
export const hashesOf = (text: string): ReadonlyArray<Uint8Array> | null => {
  const bytes = decodeHex(text)
  if (bytes === null || bytes.length === 0 || bytes.length % hashBytes !== 0) return null
  const count = bytes.length / hashBytes
  if (count > tileWidth) return null
  return Array.from({ length: count }, (_, at) => bytes.subarray(at * hashBytes, (at + 1) * hashBytes))
}

/** A plan touches a handful of tiles; statements stay short all the same. */
const tilesPerQuery = 64

const readTiles = Effect.fnUntraced(function* (ids: ReadonlyArray<TileId>) {
  const sql = yield* SqlClient.SqlClient
  const distinct = [...new Map(ids.map((id) => [nameOf(id), id])).values()]
  const found = new Map<string, ReadonlyArray<Uint8Array>>()
  for (const some of Arr.chunksOf(distinct, tilesPerQuery)) {
    const rows = yield* decodeTiles(
      yield* sql`SELECT level, tile, hashes FROM tracker_tile
        WHERE ${sql.or(some.map(({ level, tile }) => sql`(level = ${level} AND tile = ${tile})`))}`
    )
    for (const { hashes, ...id } of rows) {
      const decoded = hashesOf(hashes)
      if (decoded === null) return yield* inconsistent("tile_damaged", id.tile * tileWidth ** (id.level + 1))
      found.set(nameOf(id), decoded)
    }
  }
  return found
})

/** The stored hashes of complete subtrees, to fold proofs and roots from. */
export const readSubtrees = Effect.fnUntraced(function* (subtrees: Iterable<Subtree>, sha256: Sha256) {
  const wanted = [...subtrees]
  const tiles = yield* readTiles(wanted.map(placeOf))
  const hashes = new Map<string, Uint8Array>()
  for (const subtree of wanted) {
    const place = placeOf(subtree)
    const parts = tiles.get(nameOf(place))?.slice(place.from, place.from + place.count) ?? []
    if (parts.length < place.count) return yield* inconsistent("tile_missing", subtree.index * 2 ** subtree.level)
    hashes.set(`${subtree.level}/${subtree.index}`, foldComplete(parts, sha256))
  }
  return ({ index, level }: Subtree): Uint8Array => {
    const hash = hashes.get(`${level}/${index}`)
    if (hash === undefined) throw new RangeError("the subtree was not read")
    return hash
  }
})

/** The root of the stored tree when it had this size. */
export const storedRoot = Effect.fnUntraced(function* (size: number, sha256: Sha256) {
  const plan = planRoot(size)
  return foldSubtrees(plan.map(yield* readSubtrees(plan, sha256)), sha256)
})

/** How many leaves the stored tree has: all of its level 0, signed or not. */
export const storedSize = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [last] = yield* decodeTiles(
    yield* sql`SELECT level, tile, hashes FROM tracker_tile WHERE level = 0 ORDER BY tile DESC LIMIT 1`
  )
  if (last === undefined) return 0
  const before = last.tile * tileWidth
  const hashes = hashesOf(last.hashes)
  return hashes === null ? yield* inconsistent("tile_damaged", before) : before + hashes.length
})

/** The unfinished tile of each level of a tree of this size. */
const readEdge = Effect.fnUntraced(function* (size: number) {
  const ids: Array<TileId> = []
  for (let level = 0; level < tileLevelsMax && hashesAt(level, size) > 0; level++) {
    if (hashesAt(level, size) % tileWidth > 0) ids.push({ level, tile: Math.floor(hashesAt(level, size) / tileWidth) })
  }
  const found = yield* readTiles(ids)
  const edge = new Map<number, ReadonlyArray<Uint8Array>>()
  for (const id of ids) {
    const hashes = found.get(nameOf(id)) ?? []
    if (hashes.length !== hashesAt(id.level, size) % tileWidth) return yield* inconsistent("tile_missing", size)
    edge.set(id.level, hashes)
  }
  return edge
})

/** Adds leaves to the stored tree of `size` leaves. Every tile that they fill adds its own hash one level up. */
export const growTiles = Effect.fnUntraced(function* (
  size: number,
  leafHashes: ReadonlyArray<Uint8Array>,
  sha256: Sha256
) {
  const sql = yield* SqlClient.SqlClient
  const edge = yield* readEdge(size)
  let added = leafHashes
  for (let level = 0; added.length > 0 && level < tileLevelsMax; level++) {
    const first = Math.floor(hashesAt(level, size) / tileWidth)
    const tiles = Arr.chunksOf([...(edge.get(level) ?? []), ...added], tileWidth)
    const rows = tiles.map((hashes, at) => ({ level, tile: first + at, hashes: hashes.map(encodeHex).join("") }))
    if (Arr.isArrayNonEmpty(rows)) {
      yield* sql`INSERT INTO tracker_tile ${sql.insert(rows)}
        ON CONFLICT (level, tile) DO UPDATE SET hashes = excluded.hashes`
    }
    added = tiles.filter(({ length }) => length === tileWidth).map((hashes) => foldComplete(hashes, sha256))
  }
})
