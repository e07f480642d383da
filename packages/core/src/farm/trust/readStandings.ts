/** Reads a ledger's order and tells from it which proofs are void. The columns that say so are only compared with that. */
import { Effect, Option, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { LedgerUnavailable } from "../LedgerUnavailable.ts"
import { SqlCount } from "../SqlCount.ts"
import { LedgerEvent } from "./LedgerEvent.ts"
import { makeVoidFold, type ProofStanding, voidCauses } from "./voidFold.ts"

/** Rows that are held in memory at once. */
const pageRows = 10_000

const decodePlaces = Schema.decodeUnknownEffect(
  Schema.Array(
    Schema.Struct({
      position: SqlCount,
      agent_id: Schema.String,
      sequence: SqlCount,
      branch: SqlCount,
      void: Schema.NullOr(Schema.Literals(voidCauses))
    })
  )
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

/** What a ledger's order makes of its proofs. */
export interface Standings {
  readonly standing: (position: number) => ProofStanding
  /** The position of the first proof whose stored marks are others; null where all are the same. */
  readonly firstOther: number | null
}

const firstOtherOf = (
  marked: ReadonlyMap<number, ProofStanding>,
  unusual: ReadonlyMap<number, ProofStanding>
): number | null => {
  const differs = (at: number) =>
    marked.get(at)?.void !== unusual.get(at)?.void || marked.get(at)?.branch !== unusual.get(at)?.branch
  let first: number | null = null
  for (const places of [marked.keys(), unusual.keys()]) {
    for (const at of places) if ((first === null || at < first) && differs(at)) first = at
  }
  return first
}

/** The standing of every proof of the ledger. */
export const readStandings = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const fold = makeVoidFold()
  const marked = new Map<number, ProofStanding>()
  for (let position = -1; ; ) {
    const rows = yield* decodePlaces(
      yield* sql`SELECT position, agent_id, sequence, branch, void FROM tracker_proof
        WHERE position > ${position} ORDER BY position LIMIT ${pageRows}`
    )
    for (const { agent_id, branch, position: at, sequence, void: cause } of rows) {
      fold.proof({ position: at, agentId: agent_id, sequence })
      if (branch > 0 || cause !== null) marked.set(at, { branch, void: cause })
    }
    position = rows.at(-1)?.position ?? position
    if (rows.length < pageRows) break
  }
  // A revoked agent adds nothing, so its revocations come after all of its proofs.
  for (const { agentId, lastSequence } of yield* readRevocations) fold.revoke(agentId, lastSequence)
  const standings: Standings = { standing: fold.standing, firstOther: firstOtherOf(marked, fold.unusual()) }
  return standings
})
