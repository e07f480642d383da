/** Reads a ledger's order and tells from it which proofs are void. Looks at no column that says so. */
import { Effect, Option, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { LedgerUnavailable } from "../LedgerUnavailable.ts"
import { SqlCount } from "../SqlCount.ts"
import { LedgerEvent } from "./LedgerEvent.ts"
import { makeVoidFold } from "./voidFold.ts"

/** Rows that are held in memory at once. */
const pageRows = 10_000

const decodePlaces = Schema.decodeUnknownEffect(
  Schema.Array(Schema.Struct({ position: SqlCount, agent_id: Schema.String, sequence: SqlCount }))
)
const decodeEvents = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ line: Schema.String })))
const decodeBody = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Struct({ body: LedgerEvent })))

/** Revocations are decisions of a person, so all of them fit in memory. */
const readRevocations = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* decodeEvents(yield* sql`SELECT line FROM tracker_event WHERE kind = 'agent_revoked'`)
  return yield* Effect.forEach(rows, ({ line }) => {
    const event = Option.getOrNull(decodeBody(line))?.body
    return event?.kind === "agent_revoked"
      ? Effect.succeed({ agentId: event.agent_id, lastSequence: event.last_trusted?.sequence ?? -1 })
      : Effect.fail(new LedgerUnavailable({ cause: "a stored event is damaged" }))
  })
})

/** The standing of every proof of the ledger. */
export const readStandings = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const fold = makeVoidFold()
  for (let position = -1; ; ) {
    const rows = yield* decodePlaces(
      yield* sql`SELECT position, agent_id, sequence FROM tracker_proof
        WHERE position > ${position} ORDER BY position LIMIT ${pageRows}`
    )
    for (const { agent_id, ...place } of rows) fold.proof({ ...place, agentId: agent_id })
    position = rows.at(-1)?.position ?? position
    if (rows.length < pageRows) break
  }
  // A revoked agent adds nothing, so its revocations come after all of its proofs.
  for (const { agentId, lastSequence } of yield* readRevocations) fold.revoke(agentId, lastSequence)
  return fold.standing
})
