/** Reads the owner's facts from the ledger's events, which are never archived. */
import { ProofTimestamp } from "@farmops/proof/FarmProof"
import { Effect, Option, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { FarmFact, farmFactKinds } from "./FarmFact.ts"
import type { FactEntry } from "./FarmTotals.ts"
import { LedgerUnavailable } from "./LedgerUnavailable.ts"
import { SqlCount } from "./SqlCount.ts"

const decodeRows = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ position: SqlCount, line: Schema.String })))
// The event's frame is checked by the audit; here only the fact and its time are asked for.
const decodeFact = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Struct({ body: FarmFact })))
const decodeTime = Schema.decodeUnknownOption(
  Schema.fromJsonString(Schema.Struct({ body: Schema.Struct({ at: ProofTimestamp }) }))
)

/** All of them from a position on and before another, in the order of the ledger. Decisions of a person that mostly cost coins, so they fit in memory. */
export const readFacts = Effect.fnUntraced(function* (from = 0, until = Number.MAX_SAFE_INTEGER) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* decodeRows(
    yield* sql`SELECT position, line FROM tracker_event
      WHERE ${sql.in("kind", farmFactKinds)} AND position >= ${from} AND position < ${until} ORDER BY position`
  )
  return yield* Effect.forEach(rows, ({ line, position }) => {
    const fact = Option.getOrNull(decodeFact(line))?.body
    const at = Option.getOrNull(decodeTime(line))?.body.at
    if (fact === undefined || at === undefined) {
      return Effect.fail(new LedgerUnavailable({ cause: "a stored event is damaged" }))
    }
    const entry: FactEntry = { position, at, fact }
    return Effect.succeed(entry)
  })
})
