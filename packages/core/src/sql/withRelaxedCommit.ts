/**
 * A transaction of SQLite that is on the disk only together with the next durable one. It survives the end of the process at once, and
 * a power cut as soon as anything was committed after it: for what can be found out again, and must never come after what it precedes.
 */
import { Effect } from "effect"
import { SqlClient, type SqlError } from "effect/sql"

/**
 * Runs `effect` in a transaction of its own, never inside another. The connection is held until the commit, so that no other transaction
 * of the process is less durable for it. On PostgreSQL it is a transaction like any other.
 */
export const withRelaxedCommit = <A, E, R>(
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, E | SqlError.SqlError, R | SqlClient.SqlClient> =>
  Effect.flatMap(SqlClient.SqlClient, (sql) =>
    sql.onDialectOrElse({
      sqlite: () =>
        Effect.scoped(
          Effect.flatMap(sql.reserve, (connection) => {
            const synchronous = (level: "NORMAL" | "FULL") =>
              connection.executeUnprepared(`PRAGMA synchronous = ${level}`, [], undefined)
            return Effect.acquireUseRelease(
              synchronous("NORMAL"),
              () =>
                sql.withTransaction(effect).pipe(
                  Effect.provideService(SqlClient.BeginTransaction, "BEGIN IMMEDIATE"),
                  // One above a transaction's first level: it begins on this very connection.
                  Effect.provideService(sql.transactionService, [connection, -1] as const)
                ),
              // With the level left as it is, a later commit would be announced before it is on the disk.
              () => Effect.orDie(synchronous("FULL"))
            )
          })
        ),
      orElse: () => sql.withTransaction(effect)
    })
  )
