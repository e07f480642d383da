/** Every stored byte of a ledger, for tests of what must not change. */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

const tables = {
  tracker_agent: "agent_id",
  tracker_category: "board, category",
  tracker_day: "farm_day, board, category",
  tracker_economy: "id",
  tracker_event: "position",
  tracker_farm: "id",
  tracker_fork: "id",
  tracker_key_epoch: "public_key",
  tracker_proof: "position",
  tracker_setting: "name"
} as const

export type LedgerTable = keyof typeof tables
export type LedgerDump = Readonly<Record<LedgerTable, ReadonlyArray<Readonly<Record<string, unknown>>>>>

/** PostgreSQL gives a BIGINT as a bigint, SQLite as a number. */
const plain = (row: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, typeof value === "bigint" ? Number(value) : value])
  )

/** The rows of each table, in one order. */
export const dumpLedger = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const entries = yield* Effect.forEach(Object.entries(tables), ([table, order]) =>
    Effect.map(
      sql<Record<string, unknown>>`SELECT * FROM ${sql(table)} ORDER BY ${sql.literal(order)}`,
      // The index of proofs can be made again, so how far it got is no part of the ledger.
      (rows) => [table, rows.filter(({ name }) => name !== "proof_index_through").map(plain)] as const
    )
  )
  // One entry for each key of `tables`.
  return Object.fromEntries(entries) as Record<LedgerTable, (typeof entries)[number][1]>
})

/** The tables in which two dumps differ. */
export const changedTables = (before: LedgerDump, after: LedgerDump): ReadonlyArray<string> =>
  Object.keys(tables).filter(
    (table) => JSON.stringify(before[table as LedgerTable]) !== JSON.stringify(after[table as LedgerTable])
  )

/** The dump as it would be without the last rebuild's two counters: a revision more, and a settlement more. */
export const withoutRebuild = (dump: LedgerDump): LedgerDump => {
  const [farm = {}] = dump.tracker_farm
  const { revision, settled } = farm
  return { ...dump, tracker_farm: [{ ...farm, revision: Number(revision) - 1, settled: Number(settled) - 1 }] }
}
