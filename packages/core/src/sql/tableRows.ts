/** Reads a table in the order of its key, a page at a time, the same on both databases: rows, and a hash over all of them. */
import { createHash } from "node:crypto"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { type TableShape, TableUnknown } from "./tableShapes.ts"

/** Rows that are held in memory and inserted at once. A row has 8 KiB at most, but for a few of settings. */
const pageRows = 500

/** SQLite takes 32,766 parameters in a statement. */
const parametersMax = 30_000

/** What a column holds. */
export type Cell = string | number | null

/** A row, by its columns. */
export type TableRow = Record<string, Cell>

/** What tells the contents of a table from others. */
export interface TableDigest {
  readonly rows: number
  readonly sha256: string
}

// PostgreSQL gives a BIGINT as text or as a bigint; text in a number's place is no number of ours.
const cellOf = (value: unknown, type: "integer" | "text"): Cell | undefined => {
  if (value === null) return null
  if (type === "text") return typeof value === "string" ? value : undefined
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : undefined
}

const readRow = ({ columns, name }: TableShape, row: Readonly<Record<string, unknown>>) => {
  const cells: TableRow = {}
  for (const column of columns) {
    const cell = cellOf(row[column.name], column.type)
    if (cell === undefined) return Effect.fail(new TableUnknown({ table: name }))
    cells[column.name] = cell
  }
  return Effect.succeed(cells)
}

/** The next rows after one, null for the beginning. Text is ordered by its bytes, in whatever language a server sorts. */
const pageAfter = Effect.fnUntraced(function* (table: TableShape, last: TableRow | null) {
  const sql = yield* SqlClient.SqlClient
  const byBytes = sql.onDialectOrElse({ pg: () => sql.literal(' COLLATE "C"'), orElse: () => sql.literal("") })
  const isText = (name: string) => table.columns.some((column) => column.name === name && column.type === "text")
  const key = sql.csv(table.key.map((name) => sql`${sql(name)}${isText(name) ? byBytes : sql.literal("")}`))
  const after =
    last === null ? sql.literal("") : sql`WHERE (${key}) > (${sql.csv(table.key.map((name) => sql`${last[name]}`))})`
  const columns = sql.csv(table.columns.map(({ name }) => sql`${sql(name)}`))
  const limit = Math.min(pageRows, Math.floor(parametersMax / table.columns.length))
  const rows = yield* sql<Record<string, unknown>>`SELECT ${columns} FROM ${sql(table.name)} ${after}
    ORDER BY ${key} LIMIT ${limit}`
  return yield* Effect.forEach(rows, (row) => readRow(table, row))
})

/** Hands each page on, and answers with the digest of all rows in their order. */
export const readTable = Effect.fnUntraced(function* <E, R>(
  table: TableShape,
  onPage: (rows: ReadonlyArray<TableRow>) => Effect.Effect<void, E, R>
) {
  const hash = createHash("sha256")
  let count = 0
  for (let last: TableRow | null = null; ; ) {
    const rows: ReadonlyArray<TableRow> = yield* pageAfter(table, last)
    if (rows.length === 0) break
    for (const row of rows) hash.update(`${JSON.stringify(table.columns.map(({ name }) => row[name]))}\n`)
    count += rows.length
    yield* onPage(rows)
    last = rows.at(-1) ?? null
  }
  const digest: TableDigest = { rows: count, sha256: hash.digest("hex") }
  return digest
})
