/** Which tables a set of migrations makes, with their columns and keys, whatever database they are on. */
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import * as Database from "./Database.ts"

/** A column; all of ours are one or the other. */
export interface ColumnShape {
  readonly name: string
  readonly type: "integer" | "text"
}

/** A table. `key` orders its rows. */
export interface TableShape {
  readonly name: string
  readonly columns: ReadonlyArray<ColumnShape>
  readonly key: ReadonlyArray<string>
}

/** A column of a type that is copied by no rule, or a table without a key: a migration has made what this module does not know. */
export class TableUnknown extends Schema.TaggedError<TableUnknown>()("TableUnknown", { table: Schema.String }) {
  override get message() {
    return `the table ${this.table} has a column or a key of a kind that is not known`
  }
}

const decodeTables = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ name: Schema.String })))
const decodeColumns = Schema.decodeUnknownEffect(
  Schema.Array(Schema.Struct({ name: Schema.String, type: Schema.String, pk: Schema.Int }))
)
const decodeReferences = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ table: Schema.String })))

const types: Readonly<Record<string, ColumnShape["type"]>> = { BIGINT: "integer", INTEGER: "integer", TEXT: "text" }

const readShape = Effect.fnUntraced(function* (table: string) {
  const sql = yield* SqlClient.SqlClient
  const found = yield* decodeColumns(yield* sql`SELECT name, type, pk FROM pragma_table_info(${table}) ORDER BY cid`)
  const columns = found.flatMap(({ name, type }): ReadonlyArray<ColumnShape> => {
    const known = types[type.toUpperCase()]
    return known === undefined ? [] : [{ name, type: known }]
  })
  const key = found.filter(({ pk }) => pk > 0).toSorted((a, b) => a.pk - b.pk)
  if (columns.length < found.length || key.length === 0) return yield* new TableUnknown({ table })
  const shape: TableShape = { name: table, columns, key: key.map(({ name }) => name) }
  const parents = yield* decodeReferences(yield* sql`SELECT DISTINCT "table" FROM pragma_foreign_key_list(${table})`)
  return { shape, parents: parents.map((parent) => parent.table) }
})

/** The tables, each after those that it refers to. */
export const tableShapes = (name: string, migrations: Database.Migrations) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* Database.migrate(name, migrations)
    const tables = yield* decodeTables(
      yield* sql`SELECT name FROM sqlite_master
        WHERE type = 'table' AND name NOT LIKE 'farmops_migrations_%' AND name NOT LIKE 'sqlite_%' ORDER BY name`
    )
    const waiting = yield* Effect.forEach(tables, (table) => readShape(table.name))
    const ordered: Array<TableShape> = []
    const isPlaced = (table: string) => ordered.some((shape) => shape.name === table)
    while (waiting.length > 0) {
      const at = waiting.findIndex(({ parents, shape }) => parents.every((one) => one === shape.name || isPlaced(one)))
      const [next] = waiting.splice(Math.max(at, 0), 1)
      if (next !== undefined) ordered.push(next.shape)
    }
    return ordered
  }).pipe(Effect.provide(Database.layer(":memory:")))
