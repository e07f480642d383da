/**
 * What proofs are looked up by: a narrow row for each proof whose body is here, made by the database from the stored bytes.
 * It can be thrown away and made again; nothing is paid or shown from it. Its rows follow the ledger a little later, since to
 * write them costs more than to store a proof: whoever looks something up brings them up to date first.
 */
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { readSetting, writeSetting } from "../LedgerSettings.ts"
import { SqlCount } from "../SqlCount.ts"
import { underFarmLock } from "../underFarmLock.ts"

/**
 * What the stored JSON says at a path; the database reads it, so that no line has to travel. U+0000, which a proof may carry and
 * no text of PostgreSQL, becomes U+0001 for it.
 */
const fieldOf = (sql: SqlClient.SqlClient, column: "line" | "scoring_detail", path: ReadonlyArray<string>) => {
  const readable = String.raw`replace(${column}, '\u0000', '\u0001')`
  return sql.onDialectOrElse({
    pg: () => sql.literal(`${readable}::json #>> '{${path.join(",")}}'`),
    orElse: () => sql.literal(`json_extract(${readable}, '$.${path.join(".")}')`)
  })
}

/** Makes the rows of the proofs from position `from` to before `to`; one that is there is brought up to date. */
export const indexProofs = Effect.fnUntraced(function* (from: number, to: number) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`INSERT INTO tracker_proof_index
    (position, agent_id, plugin, category, status, actor_hash, board, farm_day)
    SELECT position, agent_id,
      ${fieldOf(sql, "line", ["action", "plugin"])},
      ${fieldOf(sql, "line", ["action", "category"])},
      ${fieldOf(sql, "line", ["outcome", "status"])},
      ${fieldOf(sql, "line", ["actor", "actor_hash"])},
      ${fieldOf(sql, "scoring_detail", ["board"])},
      ${fieldOf(sql, "scoring_detail", ["farm_day"])}
    FROM tracker_proof
    WHERE position >= ${from} AND position < ${to} AND line IS NOT NULL AND scoring_detail IS NOT NULL
    ON CONFLICT (position) DO UPDATE SET board = excluded.board, farm_day = excluded.farm_day`
})

/** Forgets the rows of proofs whose bodies went to an archive. */
export const forgetProofs = Effect.fnUntraced(function* (from: number, to: number) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`DELETE FROM tracker_proof_index WHERE position >= ${from} AND position < ${to}`
})

/** Positions in one transaction, some 30 ms: intake waits no longer than that. */
const positionsAtOnce = 1000

const through = "proof_index_through"

const decodeEntries = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ entries: SqlCount })))

/** One step towards the ledger's end, and whether it got there. */
const step = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* decodeEntries(yield* sql`SELECT entries FROM tracker_farm WHERE id = 1`)
  const end = row?.entries ?? 0
  const from = Number((yield* readSetting(through)) ?? 0)
  if (from >= end) return true
  const to = Math.min(from + positionsAtOnce, end)
  yield* indexProofs(from, to)
  yield* writeSetting(through, String(to))
  return to === end
})

/** Makes the rows that are missing; in a ledger of 100,000 proofs that has none, that takes about three seconds. */
export const catchUpProofIndex = Effect.gen(function* () {
  while (!(yield* underFarmLock(step)));
})

/** The migration: without rows, which come with the first look-up or the tracker's first minute. */
export const createProofIndex = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE tracker_proof_index (
    position BIGINT NOT NULL PRIMARY KEY,
    agent_id TEXT NOT NULL,
    plugin TEXT NOT NULL,
    category TEXT NOT NULL,
    status TEXT NOT NULL,
    actor_hash TEXT NOT NULL,
    board TEXT NOT NULL,
    farm_day TEXT NOT NULL
  )`
  for (const column of ["agent_id", "plugin", "category", "status", "actor_hash", "board", "farm_day"]) {
    yield* sql`CREATE INDEX ${sql(`tracker_proof_index_${column}`)} ON tracker_proof_index (${sql(column)}, position)`
  }
})
