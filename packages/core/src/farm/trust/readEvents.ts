/** The events of the ledger, page by page, oldest first. */
import { ProofTimestamp } from "@farmops/proof/FarmProof"
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { SqlCount } from "../SqlCount.ts"

const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))

/** Events on one page at most; each is a kilobyte or two at most. */
export const eventPageMax = 200

/** An event as it is stored. */
export const StoredEvent = Schema.Struct({
  /** Its place in the one order of proofs and events. */
  position: Count,
  kind: Schema.String,
  occurred_at: ProofTimestamp,
  /** The exact line that the farm's key signed; see `verifyEvent`. */
  line: Schema.String
})

/** See the schema of the same name. */
export type StoredEvent = typeof StoredEvent.Type

/** One page; `next_cursor` is null on the last. */
export interface EventPage {
  readonly events: ReadonlyArray<StoredEvent>
  readonly next_cursor: number | null
}

const decodeRows = Schema.decodeUnknownEffect(
  Schema.Array(Schema.Struct({ ...StoredEvent.fields, position: SqlCount }))
)

/** At most `limit` events after the position `cursor`; -1 is before the first. */
export const readEvents = Effect.fnUntraced(function* (cursor: number, limit: number) {
  const sql = yield* SqlClient.SqlClient
  const rows = Math.min(Math.max(limit, 1), eventPageMax)
  const found = yield* decodeRows(
    yield* sql`SELECT position, kind, occurred_at, line FROM tracker_event
      WHERE position > ${cursor} ORDER BY position LIMIT ${rows + 1}`
  )
  const events = found.slice(0, rows)
  const page: EventPage = { events, next_cursor: found.length > rows ? (events.at(-1)?.position ?? null) : null }
  return page
})
