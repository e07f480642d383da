/** How a service of the harness speaks to its database: every fault has one name, and a step of several statements is one transaction. */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { orStoreUnavailable } from "./StoreUnavailable.ts"

/** Binds the two to the client of now. */
export const makeOnStore = Effect.map(SqlClient.SqlClient, (sql) => {
  const onStore = <A, E>(effect: Effect.Effect<A, E, SqlClient.SqlClient>) =>
    orStoreUnavailable(Effect.provideService(effect, SqlClient.SqlClient, sql))
  /** The write lock from the first statement on: what a step reads must still hold when it writes. */
  const atOnce = <A, E>(effect: Effect.Effect<A, E, SqlClient.SqlClient>) =>
    onStore(sql.withTransaction(effect).pipe(Effect.provideService(SqlClient.BeginTransaction, "BEGIN IMMEDIATE")))
  return { onStore, atOnce } as const
})
