/** What plugins remember of their subjects, sealed row by row. Bounded for each plugin: the memory that was written longest ago gives way. */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { ObservationUnreadable } from "../ObservationStore.ts"
import type { ObservationKey } from "./sealedRow.ts"

const nothing = new Uint8Array()

/** Reads and writes within whatever transaction the caller has begun. */
export const makePluginMemories = Effect.fnUntraced(function* (key: ObservationKey, memoriesMax: number) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<{ last: number | null }>`SELECT MAX(written) AS last FROM agent_plugin_memory`
  let written = Number(row?.last ?? 0)

  const digestOf = (subject: string) => key.digest("subject", subject)
  const place = (plugin: string, subject: string) => ["memory", plugin, subject]

  const evict = Effect.fnUntraced(function* (plugin: string) {
    const old = yield* sql<{ subject_digest: string }>`SELECT subject_digest FROM agent_plugin_memory
      WHERE plugin = ${plugin} ORDER BY written DESC LIMIT 1 OFFSET ${memoriesMax}`
    for (const { subject_digest } of old) {
      yield* sql`DELETE FROM agent_plugin_memory WHERE plugin = ${plugin} AND subject_digest = ${subject_digest}`
    }
    return old.length
  })

  /** Gives how many others had to give way. */
  const write = Effect.fnUntraced(function* (plugin: string, subject: string, bytes: Uint8Array) {
    const subject_digest = digestOf(subject)
    if (bytes.length === 0) {
      yield* sql`DELETE FROM agent_plugin_memory WHERE plugin = ${plugin} AND subject_digest = ${subject_digest}`
      return 0
    }
    const sealed = key.seal(place(plugin, subject_digest), bytes)
    yield* sql`INSERT INTO agent_plugin_memory ${sql.insert({ plugin, subject_digest, written: ++written, sealed })}
      ON CONFLICT (plugin, subject_digest) DO UPDATE SET written = excluded.written, sealed = excluded.sealed`
    return yield* evict(plugin)
  })

  const read = Effect.fnUntraced(function* (plugin: string, subject: string) {
    const subject_digest = digestOf(subject)
    const [found] = yield* sql<{ sealed: Uint8Array }>`SELECT sealed FROM agent_plugin_memory
      WHERE plugin = ${plugin} AND subject_digest = ${subject_digest}`
    if (found === undefined) return nothing
    const bytes = key.open(place(plugin, subject_digest), found.sealed)
    return bytes === null ? yield* new ObservationUnreadable({ what: "memory" }) : bytes
  })

  return { read, write } as const
})
