/**
 * Tables of the tree over the ledger. `tracker_tile` holds 256 hashes of neighbouring subtrees a row: of the leaves at level
 * 0, of the tiles below at the levels above. Tiles only grow, so they can be made again from the lines, not the other way.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/**
 * The migration. `tracker_checkpoint.root` is hex; the note is the truth. `tracker_archive.state` holds the farm's sums at
 * `to_size`, from which a replay starts while the lines before it are away.
 */
export const createCheckpoints = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE tracker_tile (
    level INTEGER NOT NULL,
    tile BIGINT NOT NULL,
    hashes TEXT NOT NULL,
    PRIMARY KEY (level, tile)
  )`
  yield* sql`CREATE TABLE tracker_checkpoint (
    size BIGINT NOT NULL PRIMARY KEY CHECK (size > 0),
    note TEXT NOT NULL,
    root TEXT NOT NULL,
    created_at TEXT NOT NULL
  )`
  yield* sql`CREATE TABLE tracker_archive (
    to_size BIGINT NOT NULL PRIMARY KEY,
    from_size BIGINT NOT NULL,
    header TEXT NOT NULL,
    state TEXT NOT NULL,
    file_sha256 TEXT NOT NULL,
    restored_at TEXT
  )`
})
