/** The ledger's rows with all of their columns, proofs and events in their one order. */
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { SqlCount } from "../SqlCount.ts"

const ProofRow = Schema.Struct({
  position: SqlCount,
  proof_id: Schema.String,
  agent_id: Schema.String,
  sequence: SqlCount,
  hash: Schema.String,
  line: Schema.NullOr(Schema.String)
})
const EventRow = Schema.Struct({
  position: SqlCount,
  kind: Schema.String,
  line: Schema.String,
  occurred_at: Schema.String
})

/** One line of the ledger and what stands beside it. */
export type LedgerRow =
  | ({ readonly type: "proof" } & typeof ProofRow.Type)
  | ({ readonly type: "event" } & typeof EventRow.Type)

const decodeProofs = Schema.decodeUnknownEffect(Schema.Array(ProofRow))
const decodeEvents = Schema.decodeUnknownEffect(Schema.Array(EventRow))

/** Rows of each table that are held in memory at once. */
const pageRows = 1000

/** The rows after a position, in order; empty at the end. */
export const rowsAfter = Effect.fnUntraced(function* (position: number) {
  const sql = yield* SqlClient.SqlClient
  const proofs = yield* decodeProofs(
    yield* sql`SELECT position, proof_id, agent_id, sequence, hash, line FROM tracker_proof
      WHERE position > ${position} ORDER BY position LIMIT ${pageRows}`
  )
  const events = yield* decodeEvents(
    yield* sql`SELECT position, kind, line, occurred_at FROM tracker_event
      WHERE position > ${position} ORDER BY position LIMIT ${pageRows}`
  )
  // Beyond the end of a full page, the other table's rows have to wait for the next.
  const ends = [proofs, events].filter(({ length }) => length === pageRows).map((page) => page.at(-1)?.position ?? 0)
  const end = Math.min(Number.MAX_SAFE_INTEGER, ...ends)
  const rows: Array<LedgerRow> = [
    ...proofs.map((row): LedgerRow => ({ type: "proof", ...row })),
    ...events.map((row): LedgerRow => ({ type: "event", ...row }))
  ]
  return rows.filter((row) => row.position <= end).toSorted((one, other) => one.position - other.position)
})
