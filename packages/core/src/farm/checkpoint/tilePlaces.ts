/**
 * Where the hash of a subtree lies among tiles of 256. A tile of level 0 holds hashes of leaves; one of level n holds those
 * of complete subtrees over 256^n leaves. Subtrees between two levels are folded from neighbours within one tile. Pure.
 */
import { hashNodes, type Sha256, type Subtree } from "@farmops/proof/merkle"

/** Hashes in a full tile. */
export const tileWidth = 256

const levelsPerTile = 8

/** No ledger has more levels of tiles: 256^7 is above 2^53. */
export const tileLevelsMax = 7

/** A row of the table of tiles. */
export interface TileId {
  readonly level: number
  readonly tile: number
}

/** The neighbours in one tile that a subtree's hash folds from. */
export interface TilePlace extends TileId {
  readonly from: number
  readonly count: number
}

/** How many hashes this level has, in all tiles together, in a tree of `size` leaves. */
export const hashesAt = (level: number, size: number): number => Math.floor(size / tileWidth ** level)

/** Where to find the hash of a complete subtree. */
export const placeOf = ({ index, level }: Subtree): TilePlace => {
  const tileLevel = Math.floor(level / levelsPerTile)
  const count = 2 ** (level % levelsPerTile)
  const first = index * count
  return { level: tileLevel, tile: Math.floor(first / tileWidth), from: first % tileWidth, count }
}

/** The hash over neighbours whose number is a power of two. */
export const foldComplete = (hashes: ReadonlyArray<Uint8Array>, sha256: Sha256): Uint8Array => {
  const [first, ...rest] = hashes
  if (first === undefined) throw new RangeError("a complete subtree has a leaf")
  if (rest.length === 0) return first
  const middle = hashes.length / 2
  return hashNodes(foldComplete(hashes.slice(0, middle), sha256), foldComplete(hashes.slice(middle), sha256), sha256)
}
