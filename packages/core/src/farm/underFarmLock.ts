/** One transaction that nobody else's writes fall into: the farm's row is locked from its first statement on. */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { readRevision } from "./ProjectionStore.ts"

/** Runs reads and writes as one step of the ledger. Keep it short: intake waits meanwhile. */
export const underFarmLock = <A, E, R>(step: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    // SQLite would otherwise take the write lock only at the first INSERT, after the reads that decide.
    const begin = sql.onDialectOrElse({ sqlite: () => "BEGIN IMMEDIATE", orElse: () => undefined })
    return yield* sql
      .withTransaction(Effect.andThen(readRevision({ lock: true }), step))
      .pipe(Effect.provideService(SqlClient.BeginTransaction, begin))
  })
