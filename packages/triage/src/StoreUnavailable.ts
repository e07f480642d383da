/** The one error of everything that reads or writes the harness's database and could not. */
import { Effect, Schema } from "effect"
import { SqlError } from "effect/sql"

/** The database does not answer, or not now. Nothing was half written; the same call may be tried again. */
export class StoreUnavailable extends Schema.TaggedError<StoreUnavailable>()("StoreUnavailable", {
  cause: Schema.Defect()
}) {
  override get message() {
    return "the harness's database cannot be read or written now"
  }
}

/** Gives failures of the database, SQL or a row that does not decode, the one error; what else can go wrong stays what it is. */
export const orStoreUnavailable = <A, E, R>(
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, Exclude<E, SqlError.SqlError | Schema.SchemaError> | StoreUnavailable, R> =>
  Effect.mapError(effect, (error) =>
    SqlError.isSqlError(error) || Schema.isSchemaError(error)
      ? new StoreUnavailable({ cause: error })
      : // The two have just been excluded.
        (error as Exclude<E, SqlError.SqlError | Schema.SchemaError>)
  )
