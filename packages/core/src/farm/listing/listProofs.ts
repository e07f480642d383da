/** Finds the positions of one page of proofs. A page is bounded by its length, and stays the same while intake goes on. */
import type { Category, OutcomeStatus } from "@farmops/proof/vocabulary"
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import type { Board } from "../FarmProjection.ts"
import { SqlCount } from "../SqlCount.ts"

/** Proofs on one page at most: 100 × 8 KiB stays below the megabyte that clients take. */
export const pageMax = 100

/** Which proofs to list; all of it must hold, and what is left out or null does not count. */
export interface ProofFilter {
  readonly agentId?: string | null | undefined
  readonly plugin?: string | null | undefined
  readonly category?: Category | null | undefined
  readonly board?: Board | null | undefined
  readonly status?: OutcomeStatus | null | undefined
  readonly actorHash?: string | null | undefined
  /** Farm-days, both ends included. */
  readonly from?: string | null | undefined
  readonly to?: string | null | undefined
}

/** Which page of which proofs. */
export interface ProofQuery extends ProofFilter {
  readonly limit: number
  /** `next_cursor` of the page before; null for the first. */
  readonly cursor: number | null
  /** By their place in the ledger; newest first unless it says so. */
  readonly oldestFirst?: boolean
}

const columns = {
  agentId: "agent_id",
  plugin: "plugin",
  category: "category",
  board: "board",
  status: "status",
  actorHash: "actor_hash"
} as const

const decodePositions = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ position: SqlCount })))
const decodeSpans = Schema.decodeUnknownEffect(
  Schema.Array(Schema.Struct({ first: Schema.NullOr(SqlCount), last: Schema.NullOr(SqlCount) }))
)

/** The part of the ledger that the days of a filter lie in; null where they hold nothing. */
const spanOf = Effect.fnUntraced(function* ({ from = null, to = null }: ProofFilter) {
  const sql = yield* SqlClient.SqlClient
  const days = [...(from === null ? [] : [sql`farm_day >= ${from}`]), ...(to === null ? [] : [sql`farm_day <= ${to}`])]
  if (days.length === 0) return { within: [] }
  const [span] = yield* decodeSpans(
    yield* sql`SELECT MIN(position) AS first, MAX(position) AS last FROM tracker_proof_index WHERE ${sql.and(days)}`
  )
  if (span === undefined || span.first === null || span.last === null) return null
  return { within: [sql`position >= ${span.first}`, sql`position <= ${span.last}`, ...days] }
})

/** Whether anything is asked of the proofs themselves, which the index answers. */
export const isFiltered = (query: ProofFilter): boolean =>
  [...Object.keys(columns), "from", "to"].some((name) => (query[name as keyof ProofFilter] ?? null) !== null)

/**
 * At most `limit` positions in the asked order, and where the next page starts; null where there is none. With a filter it sees what
 * the index has.
 */
export const findProofs = Effect.fnUntraced(function* (query: ProofQuery) {
  const sql = yield* SqlClient.SqlClient
  const { cursor, oldestFirst = false } = query
  const rows = Math.min(Math.max(query.limit, 1), pageMax)
  const equal = Object.entries(columns).flatMap(([name, column]) => {
    const wanted = query[name as keyof typeof columns] ?? null
    return wanted === null ? [] : [sql`${sql(column)} = ${wanted}`]
  })
  const span = yield* spanOf(query)
  if (span === null) return { positions: [], next: null }
  const filters = [
    ...equal,
    ...span.within,
    ...(cursor === null ? [] : [oldestFirst ? sql`position > ${cursor}` : sql`position < ${cursor}`])
  ]
  const [table, stored] = isFiltered(query) ? ["tracker_proof_index", []] : ["tracker_proof", [sql`line IS NOT NULL`]]
  const found = yield* decodePositions(
    yield* sql`SELECT position FROM ${sql(table)} WHERE ${sql.and([...stored, ...filters])}
      ORDER BY position ${sql.literal(oldestFirst ? "ASC" : "DESC")} LIMIT ${rows + 1}`
  )
  const positions = found.slice(0, rows).map(({ position }) => position)
  return { positions, next: found.length > rows ? (positions.at(-1) ?? null) : null }
})
