/** The one error of everything that reads or writes the ledger and could not. */
import { Effect, Schema } from "effect"
import { SqlError } from "effect/sql"

/** The database does not answer, or not now. Nothing was half written; the same call may be tried again. */
export class LedgerUnavailable extends Schema.TaggedError<LedgerUnavailable>()("LedgerUnavailable", {
  cause: Schema.Defect()
}) {
  override get message() {
    return "the ledger's database cannot be read or written now"
  }
}

/** Gives whatever failed below, SQL or a row that does not decode, the ledger's own error. */
export const orLedgerUnavailable = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, LedgerUnavailable, R> =>
  Effect.mapError(effect, (cause) => new LedgerUnavailable({ cause }))

/** The same for failures of the database alone; what else can go wrong stays what it is. */
export const orDatabaseUnavailable = <A, E, R>(
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, Exclude<E, SqlError.SqlError | Schema.SchemaError> | LedgerUnavailable, R> =>
  Effect.mapError(effect, (error) =>
    SqlError.isSqlError(error) || Schema.isSchemaError(error)
      ? new LedgerUnavailable({ cause: error })
      : // The two have just been excluded.
        (error as Exclude<E, SqlError.SqlError | Schema.SchemaError>)
  )
