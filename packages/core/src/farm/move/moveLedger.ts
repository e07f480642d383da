/**
 * Copies a ledger from one database to another, in one transaction of the target: whatever happens, it holds the whole of it
 * or nothing. The source is locked against writers and only read. Equality is shown before the commit.
 */
import { FarmSalt } from "@farmops/proof/FarmSalt"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import * as Database from "../../sql/Database.ts"
import { readTable, type TableDigest, type TableRow } from "../../sql/tableRows.ts"
import { type TableShape, tableShapes } from "../../sql/tableShapes.ts"
import { LedgerSettings, readSetting } from "../LedgerSettings.ts"
import { LedgerUnavailable } from "../LedgerUnavailable.ts"
import { ledgerMigrations } from "../ledgerTables.ts"
import { replayLedger } from "../rebuildProjection.ts"
import { MoveRefused } from "./moveErrors.ts"

/** From where, where to. */
export interface LedgerMove {
  readonly source: SqlClient.SqlClient
  readonly target: SqlClient.SqlClient
  /** Told after each page how many rows are copied, of how many. */
  readonly onProgress: (done: number, total: number) => void
}

/** What was moved, and what both sides were found to share. */
export interface MoveReport {
  readonly tables: Readonly<Record<string, TableDigest>>
  readonly rows: number
  readonly proofs: number
  readonly total_coins: number
}

const migrationsTable = "farmops_migrations_tracker"

const tableNames = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql.onDialectOrElse({
    pg: () => sql<{ name: string }>`SELECT table_name AS name FROM information_schema.tables
      WHERE table_schema = current_schema()`,
    orElse: () => sql<{ name: string }>`SELECT name FROM sqlite_master WHERE type = 'table'`
  })
  return new Set(rows.map(({ name }) => name))
})

const checkEmpty = Effect.fnUntraced(function* (shapes: ReadonlyArray<TableShape>) {
  const there = yield* tableNames
  const taken = [migrationsTable, ...shapes.map(({ name }) => name)].find((name) => there.has(name))
  if (taken !== undefined) return yield* new MoveRefused({ reason: "target_not_empty", table: taken })
})

/** Nobody writes until the transaction ends, and the schema is the one that this version copies. */
const holdSource = Effect.fnUntraced(function* (shapes: ReadonlyArray<TableShape>) {
  const sql = yield* SqlClient.SqlClient
  if (!(yield* tableNames).has(migrationsTable)) {
    return yield* new MoveRefused({ reason: "source_older", table: migrationsTable })
  }
  const rows = yield* sql<{ id: number }>`SELECT max(migration_id) AS id FROM ${sql(migrationsTable)}`
  const found = Number(rows[0]?.id ?? 0)
  const known = Database.latestMigration(ledgerMigrations)
  if (found !== known) {
    return yield* new MoveRefused({ reason: found > known ? "source_newer" : "source_older", table: null })
  }
  yield* sql.onDialectOrElse({
    pg: () => Effect.asVoid(sql`LOCK TABLE ${sql.csv(shapes.map(({ name }) => sql`${sql(name)}`))} IN SHARE MODE`),
    // It has the lock from the start of its transaction.
    orElse: () => Effect.void
  })
  let total = 0
  for (const { name } of shapes) {
    const [row] = yield* sql<{ n: number }>`SELECT count(*) AS n FROM ${sql(name)}`
    total += Number(row?.n ?? 0)
  }
  return total
})

/** Read, not made: a service of its own would write what is missing. */
const settingsAsStored = Effect.gen(function* () {
  const zone = yield* readSetting("time_zone")
  const foundedAt = yield* readSetting("founded_at")
  const farmId = yield* readSetting("farm_id")
  if (zone === null || foundedAt === null || farmId === null) {
    return yield* new LedgerUnavailable({ cause: "the ledger was never founded" })
  }
  const farmSalt = yield* FarmSalt.generate
  return LedgerSettings.of({ farmId, farmName: "farm", timeZone: zone, sample: false, foundedAt, farmSalt })
})

const replayed = Effect.provideServiceEffect(replayLedger(), LedgerSettings, settingsAsStored)

const insertRows =
  (table: TableShape) =>
  ([first, ...rest]: ReadonlyArray<TableRow>) =>
    Effect.gen(function* () {
      if (first === undefined) return
      const sql = yield* SqlClient.SqlClient
      yield* sql`INSERT INTO ${sql(table.name)} ${sql.insert([first, ...rest])}`
    })

const deleteRows = ({ name }: TableShape) => Effect.flatMap(SqlClient.SqlClient, (sql) => sql`DELETE FROM ${sql(name)}`)

const noPage = () => Effect.void

/** See the top of the file. */
export const moveLedger = Effect.fn("moveLedger")(function* ({ onProgress, source, target }: LedgerMove) {
  const shapes = yield* tableShapes("tracker", ledgerMigrations)
  const atSource = Effect.provideService(SqlClient.SqlClient, source)
  const atTarget = Effect.provideService(SqlClient.SqlClient, target)

  const copy = Effect.fnUntraced(function* (total: number) {
    const tables: Record<string, TableDigest> = {}
    let done = 0
    for (const table of shapes) {
      tables[table.name] = yield* atSource(
        readTable(table, (rows) =>
          Effect.andThen(
            atTarget(insertRows(table)(rows)),
            Effect.sync(() => {
              done += rows.length
              onProgress(done, total)
            })
          )
        )
      )
    }
    return { tables, rows: done }
  })

  const showEqual = Effect.fnUntraced(function* (tables: Readonly<Record<string, TableDigest>>) {
    for (const table of shapes) {
      const there = yield* atTarget(readTable(table, noPage))
      const here = tables[table.name]
      if (here?.rows !== there.rows || here.sha256 !== there.sha256) {
        return yield* new MoveRefused({ reason: "not_equal", table: table.name })
      }
    }
    const report = yield* atTarget(replayed)
    if (JSON.stringify(report) !== JSON.stringify(yield* atSource(replayed))) {
      return yield* new MoveRefused({ reason: "not_equal", table: null })
    }
    if (!report.sums_equal || report.rewards_differ > 0 || report.voids_differ > 0) {
      return yield* new MoveRefused({ reason: "source_differs", table: null })
    }
    return report
  })

  const fill = Effect.fnUntraced(function* (total: number) {
    yield* atTarget(checkEmpty(shapes))
    yield* atTarget(Database.migrate("tracker", ledgerMigrations))
    // What a migration puts into a new database is the source's to say.
    for (const table of shapes.toReversed()) yield* atTarget(deleteRows(table))
    const { rows, tables } = yield* copy(total)
    const { proofs, total_coins } = yield* showEqual(tables)
    const report: MoveReport = { tables, rows, proofs, total_coins }
    return report
  })

  const begins = source.onDialectOrElse({
    pg: () => "BEGIN ISOLATION LEVEL REPEATABLE READ",
    orElse: () => "BEGIN IMMEDIATE"
  })
  const filling = (total: number) =>
    target.withTransaction(fill(total)).pipe(Effect.provideService(SqlClient.BeginTransaction, undefined))
  return yield* source
    .withTransaction(Effect.flatMap(atSource(holdSource(shapes)), filling))
    .pipe(Effect.provideService(SqlClient.BeginTransaction, begins))
})
