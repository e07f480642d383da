/** Whether what lies in the database was sealed with the key that was found beside it. */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { ObservationKeyLost } from "../ObservationStore.ts"
import type { ObservationKey } from "./sealedRow.ts"

/** The key, the file that it is from, and whether to go on without what another has sealed. */
export interface KeyToCheck {
  readonly key: ObservationKey
  readonly keyFile: string
  readonly forget?: boolean
}

const sealed = ["agent_pending_observation", "agent_plugin_memory"] as const
const aboutSealed = ["agent_observation_answer", "agent_observation_set_aside", "agent_finished_observation"] as const

/** Refuses a database whose rows another key has sealed, or lets go of them. */
export const checkObservationKey = Effect.fnUntraced(function* ({ forget = false, key, keyFile }: KeyToCheck) {
  const sql = yield* SqlClient.SqlClient
  const [kept] = yield* sql<{ value: string }>`SELECT value FROM agent_observation_note WHERE name = 'key_mark'`
  if (kept?.value === key.mark) return
  const [pending = 0, memories = 0] = yield* Effect.forEach(sealed, (table) =>
    Effect.map(sql<{ total: number | string }>`SELECT COUNT(*) AS total FROM ${sql(table)}`, ([row]) =>
      Number(row?.total ?? 0)
    )
  )
  if (pending + memories > 0 && !forget) return yield* new ObservationKeyLost({ keyFile, pending, memories })
  for (const table of [...sealed, ...aboutSealed]) yield* sql`DELETE FROM ${sql(table)}`
  yield* sql`INSERT INTO agent_observation_note ${sql.insert({ name: "key_mark", value: key.mark })}
    ON CONFLICT (name) DO UPDATE SET value = excluded.value`
})
