/** What tells one state of a ledger from another at a glance: two files of equal marks hold the same lines. */
import { createHash } from "node:crypto"
import type { DatabaseSync } from "node:sqlite"
import { Schema } from "effect"

/** See the top of the file. */
export const LedgerMark = Schema.Struct({
  /** The last migration. */
  schema: Schema.Int,
  /** Lines of the ledger. */
  lines: Schema.Int,
  /** Counts the writes to its sums. */
  revision: Schema.Int,
  /** SHA-256 over all agents with their heads. */
  heads: Schema.String,
  /** The newest signed checkpoint, whole. */
  checkpoint: Schema.NullOr(Schema.String)
})

/** See the top of the file. */
export type LedgerMark = typeof LedgerMark.Type

/** Whether both are of one state. */
export const isSameMark = Schema.toEquivalence(LedgerMark)

/** Reads the mark of an open SQLite file. Throws SQLite's errors where it is no ledger. */
export const readMark = (db: DatabaseSync): LedgerMark => {
  const heads = createHash("sha256")
  const agents = db.prepare(
    "SELECT agent_id, status, public_key, branch, head_sequence, head_hash FROM tracker_agent ORDER BY agent_id"
  )
  for (const agent of agents.iterate()) heads.update(`${JSON.stringify(Object.values(agent))}\n`)
  const farm = db.prepare("SELECT revision, entries FROM tracker_farm WHERE id = 1").get()
  const schema = db.prepare("SELECT max(migration_id) AS id FROM farmops_migrations_tracker").get()
  const checkpoint = db.prepare("SELECT note FROM tracker_checkpoint ORDER BY size DESC LIMIT 1").get()
  return {
    schema: Number(schema?.id ?? 0),
    lines: Number(farm?.entries ?? 0),
    revision: Number(farm?.revision ?? 0),
    heads: heads.digest("hex"),
    checkpoint: checkpoint === undefined ? null : String(checkpoint.note)
  }
}
