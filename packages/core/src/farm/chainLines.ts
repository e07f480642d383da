/** One agent's present chain as it is exported: the exact signed lines in their order, read page by page as they are consumed. */
import { Effect, Option, Schema, Stream } from "effect"
import { SqlClient } from "effect/sql"
import { orDatabaseUnavailable } from "./LedgerUnavailable.ts"
import { SqlCount } from "./SqlCount.ts"
import { AgentUnknown } from "./trust/agentErrors.ts"
import { readAgent } from "./trust/agentRows.ts"

/** Lines that are read at once. A long export must not keep the one SQLite connection from intake. */
const pageLines = 256

const decodeLines = Schema.decodeUnknownEffect(
  Schema.Array(Schema.Struct({ branch: SqlCount, sequence: SqlCount, line: Schema.String }))
)

type ChainLine = Effect.Success<ReturnType<typeof decodeLines>>[number]

// What a recovery left behind is no part of the chain; what the owner trusts no longer still is.
const linesAfter = Effect.fnUntraced(function* (
  agentId: string,
  lastBranch: number,
  { branch, sequence }: Pick<ChainLine, "branch" | "sequence">
) {
  const sql = yield* SqlClient.SqlClient
  return yield* decodeLines(
    yield* sql`SELECT branch, sequence, line FROM tracker_proof
      WHERE agent_id = ${agentId} AND (branch, sequence) > (${branch}, ${sequence}) AND branch <= ${lastBranch}
      AND (void IS NULL OR void = 'revocation') AND line IS NOT NULL
      ORDER BY branch, sequence LIMIT ${pageLines}`
  )
}, orDatabaseUnavailable)

/** A recovery on the way ends the export early, with a chain that still holds. */
export const chainLines = Effect.fnUntraced(function* (agentId: string) {
  const sql = yield* SqlClient.SqlClient
  const agent = yield* orDatabaseUnavailable(readAgent(agentId))
  if (agent === null) return yield* new AgentUnknown({ agentId })
  return Stream.paginate({ branch: 0, sequence: -1 }, (after) =>
    linesAfter(agentId, agent.branch, after).pipe(
      Effect.map((rows) => {
        const next = rows.length === pageLines ? Option.fromNullishOr(rows.at(-1)) : Option.none<ChainLine>()
        return [rows.map(({ line }) => line), next] as const
      }),
      Effect.provideService(SqlClient.SqlClient, sql)
    )
  )
})
