/** The signed checkpoints, as rows. Nothing here looks at a signature. */
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { SqlCount } from "../SqlCount.ts"

const Row = Schema.Struct({ size: SqlCount, note: Schema.String, root: Schema.String, created_at: Schema.String })

/** A checkpoint as it was stored: the note, and of what it says the size and the root in hex. */
export type StoredCheckpoint = typeof Row.Type

const decodeRows = Schema.decodeUnknownEffect(Schema.Array(Row))

/** The checkpoint of the most lines; null before the first. */
export const readLatestCheckpoint = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* decodeRows(yield* sql`SELECT * FROM tracker_checkpoint ORDER BY size DESC LIMIT 1`)
  return row ?? null
})

/** The checkpoint of this size; null where none was signed. */
export const readCheckpoint = Effect.fnUntraced(function* (size: number) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* decodeRows(yield* sql`SELECT * FROM tracker_checkpoint WHERE size = ${size}`)
  return row ?? null
})

/** At most `limit` checkpoints of more than `size` lines, in order. */
export const readCheckpointsAfter = Effect.fnUntraced(function* (size: number, limit: number) {
  const sql = yield* SqlClient.SqlClient
  return yield* decodeRows(
    yield* sql`SELECT * FROM tracker_checkpoint WHERE size > ${size} ORDER BY size LIMIT ${limit}`
  )
})

/** Keeps a checkpoint. A second one of the same size is a bug: the primary key refuses it. */
export const insertCheckpoint = Effect.fnUntraced(function* (row: StoredCheckpoint) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`INSERT INTO tracker_checkpoint ${sql.insert(row)}`
})
