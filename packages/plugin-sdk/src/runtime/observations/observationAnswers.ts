/** Which plugins have answered which observation, and which did not survive it. */
import { Effect } from "effect"
import { SqlClient, type SqlError } from "effect/sql"

/** The plugins of one observation. */
export interface AnsweredBy {
  readonly settledBy: ReadonlyArray<string>
  readonly setAsideFor: ReadonlyArray<string>
}

const tables = ["agent_observation_answer", "agent_observation_set_aside"] as const

/** Reads and writes within whatever transaction the caller has begun. */
export const makeObservationAnswers = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const positionOf = (id: string) => sql`SELECT position FROM agent_pending_observation WHERE id_digest = ${id}`

  const pluginsOf = Effect.fnUntraced(function* (table: (typeof tables)[number], after: number, through: number) {
    const found = yield* sql<{ position: number | string; plugin: string }>`
      SELECT position, plugin FROM ${sql(table)} WHERE position > ${after} AND position <= ${through}`
    const by = Map.groupBy(found, (one) => Number(one.position))
    return (position: number) => (by.get(position) ?? []).map(({ plugin }) => plugin)
  })

  return {
    /** Of the observations after the one position and up to the other. */
    between: Effect.fnUntraced(function* (after: number, through: number) {
      const settledBy = yield* pluginsOf("agent_observation_answer", after, through)
      const setAsideFor = yield* pluginsOf("agent_observation_set_aside", after, through)
      return (position: number): AnsweredBy => ({ settledBy: settledBy(position), setAsideFor: setAsideFor(position) })
    }),
    countSetAside: Effect.map(
      sql<{ total: number | string }>`SELECT COUNT(*) AS total FROM agent_observation_set_aside`,
      ([row]) => Number(row?.total ?? 0)
    ),
    answered: Effect.fnUntraced(function* (plugin: string, id: string) {
      yield* sql`INSERT INTO agent_observation_answer (position, plugin)
        SELECT position, ${plugin} FROM agent_pending_observation WHERE id_digest = ${id}
        ON CONFLICT DO NOTHING`
      yield* sql`DELETE FROM agent_observation_set_aside WHERE plugin = ${plugin} AND position IN (${positionOf(id)})`
    }),
    setAside: (plugin: string, position: number) =>
      sql`INSERT INTO agent_observation_set_aside (position, plugin)
        SELECT position, ${plugin} FROM agent_pending_observation WHERE position = ${position}
        ON CONFLICT DO NOTHING`,
    /** Of the observations that are pending and that `where` selects. */
    forget: (where: ReturnType<typeof positionOf>): Effect.Effect<void, SqlError.SqlError> =>
      Effect.forEach(
        tables,
        (table) =>
          sql`DELETE FROM ${sql(table)}
            WHERE position IN (SELECT position FROM agent_pending_observation WHERE ${where})`,
        { discard: true }
      )
  } as const
})
