/**
 * {@link ObservationStore} on a database, sealed row by row. Durable as the connection is: give SQLite `synchronous = FULL`. One
 * process uses it at a time; the agent holds its data folder for that.
 */
import { Clock, Effect, Layer, Semaphore, SubscriptionRef } from "effect"
import { SqlClient } from "effect/sql"
import type { Observation } from "../contract/Observation.ts"
import { ObservationsFull } from "../contract/Source.ts"
import {
  defaultObservationLimits,
  ObservationKeyLost,
  type ObservationLimits,
  ObservationStore,
  ObservationStoreUnavailable,
  ObservationUnreadable,
  type ObservationUsage,
  type PendingObservation,
  pendingListedMax
} from "./ObservationStore.ts"
import { packObservation, unpackObservation } from "./observations/packObservation.ts"
import { makePluginMemories } from "./observations/pluginMemories.ts"
import type { ObservationKey } from "./observations/sealedRow.ts"

interface PendingRow {
  readonly position: number | string
  readonly id_digest: string
  readonly source_type: string
  readonly subject_digest: string | null
}

// Ids of finished observations beyond this number are forgotten before their window has passed: 64 MiB at most.
const finishedMax = 500_000

const unavailable = (cause: unknown) => new ObservationStoreUnavailable({ cause })

/** What the store is made with. */
export interface ObservationStoreOptions {
  readonly key: ObservationKey
  /** Named to whoever has to restore it. */
  readonly keyFile: string
  readonly limits?: Partial<ObservationLimits>
  /** Lets go of what another key has sealed, instead of refusing to start. */
  readonly forget?: boolean
}

const countOf = (rows: ReadonlyArray<{ readonly total: number | string | null }>): number => Number(rows[0]?.total ?? 0)

/** Refuses a database whose rows another key has sealed, or lets go of them. */
const checkKey = Effect.fnUntraced(function* ({ forget = false, key, keyFile }: ObservationStoreOptions) {
  const sql = yield* SqlClient.SqlClient
  const [kept] = yield* sql<{ value: string }>`SELECT value FROM agent_observation_note WHERE name = 'key_mark'`
  if (kept?.value === key.mark) return
  const pending = countOf(yield* sql<{ total: number }>`SELECT COUNT(*) AS total FROM agent_pending_observation`)
  const memories = countOf(yield* sql<{ total: number }>`SELECT COUNT(*) AS total FROM agent_plugin_memory`)
  if (pending + memories > 0 && !forget) return yield* new ObservationKeyLost({ keyFile, pending, memories })
  yield* sql`DELETE FROM agent_pending_observation`
  yield* sql`DELETE FROM agent_observation_answer`
  yield* sql`DELETE FROM agent_finished_observation`
  yield* sql`DELETE FROM agent_plugin_memory`
  yield* sql`INSERT INTO agent_observation_note ${sql.insert({ name: "key_mark", value: key.mark })}
    ON CONFLICT (name) DO UPDATE SET value = excluded.value`
})

const make = Effect.fnUntraced(function* (options: ObservationStoreOptions) {
  const sql = yield* SqlClient.SqlClient
  const { key } = options
  const limits = { ...defaultObservationLimits, ...options.limits }
  const begin = sql.onDialectOrElse({ sqlite: () => "BEGIN IMMEDIATE", orElse: () => undefined })
  const together = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    effect.pipe(sql.withTransaction, Effect.provideService(SqlClient.BeginTransaction, begin))
  // One permit: two offers that read the same room would otherwise both take the last of it.
  const lock = yield* Semaphore.make(1)

  const noteOf = (name: string) =>
    Effect.map(sql<{ value: string }>`SELECT value FROM agent_observation_note WHERE name = ${name}`, ([row]) =>
      Number(row?.value ?? 0)
    )
  const raise = (name: "expired" | "evicted", value: number) =>
    sql`INSERT INTO agent_observation_note ${sql.insert({ name, value: String(value) })}
      ON CONFLICT (name) DO UPDATE SET value = excluded.value`

  yield* together(checkKey(options))
  const [held] = yield* sql<{ total: number; bytes: number | null; last: number | null }>`
    SELECT COUNT(*) AS total, SUM(LENGTH(sealed)) AS bytes, MAX(position) AS last FROM agent_pending_observation`
  const usage = yield* SubscriptionRef.make<ObservationUsage>({
    pending: Number(held?.total ?? 0),
    bytes: Number(held?.bytes ?? 0),
    expired: yield* noteOf("expired"),
    evicted: yield* noteOf("evicted")
  })
  let last = Number(held?.last ?? 0)
  const update = (change: (now: ObservationUsage) => Partial<ObservationUsage>) =>
    SubscriptionRef.update(usage, (now) => ({ ...now, ...change(now) }))
  const memories = yield* makePluginMemories(key, limits.memoriesMax)

  const idDigest = (observationId: string) => key.digest("id", observationId)
  const place = (position: number, id: string, sourceType: string) => ["pending", String(position), id, sourceType]

  const isKnown = Effect.fnUntraced(function* (id: string) {
    const rows = yield* sql`SELECT 1 AS found FROM agent_pending_observation WHERE id_digest = ${id}
      UNION ALL SELECT 1 AS found FROM agent_finished_observation WHERE id_digest = ${id}`
    return rows.length > 0
  })

  const offer = Effect.fn("ObservationStore.offer")(
    function* (observation: Observation) {
      const { observationId, sourceType, subject } = observation
      const id = idDigest(observationId)
      if (yield* isKnown(id)) return null
      const position = last + 1
      const sealed = key.seal(place(position, id, sourceType), packObservation(observation))
      const { bytes, pending } = usage.value
      if (pending >= limits.pendingMax || bytes + sealed.length > limits.bytesMax) return yield* new ObservationsFull()
      const row = {
        position,
        id_digest: id,
        source_type: sourceType,
        subject_digest: subject === null ? null : key.digest("subject", subject),
        taken_at: yield* Clock.currentTimeMillis,
        sealed
      }
      yield* sql`INSERT INTO agent_pending_observation ${sql.insert(row)}`
      last = position
      yield* update((now) => ({ pending: now.pending + 1, bytes: now.bytes + sealed.length }))
      const taken: PendingObservation = { position, sourceType, subject: row.subject_digest, settledBy: [] }
      return taken
    },
    lock.withPermits(1),
    Effect.uninterruptible,
    Effect.catchTag("SqlError", (error) => Effect.fail(unavailable(error)))
  )

  const pendingAfter = Effect.fn("ObservationStore.pendingAfter")(function* (position: number) {
    const rows = yield* sql<PendingRow>`
        SELECT position, id_digest, source_type, subject_digest FROM agent_pending_observation
        WHERE position > ${position} ORDER BY position LIMIT ${pendingListedMax}`
    const end = Number(rows.at(-1)?.position ?? position)
    const answers = yield* sql<{ position: number | string; plugin: string }>`
        SELECT position, plugin FROM agent_observation_answer WHERE position > ${position} AND position <= ${end}`
    const settledBy = Map.groupBy(answers, (answer) => Number(answer.position))
    return rows.map((row): PendingObservation => {
      const at = Number(row.position)
      const plugins = (settledBy.get(at) ?? []).map(({ plugin }) => plugin)
      return { position: at, sourceType: row.source_type, subject: row.subject_digest, settledBy: plugins }
    })
  }, Effect.mapError(unavailable))

  const read = Effect.fn("ObservationStore.read")(
    function* (position: number) {
      const [row] = yield* sql<PendingRow & { sealed: Uint8Array }>`
        SELECT position, id_digest, source_type, subject_digest, sealed FROM agent_pending_observation
        WHERE position = ${position}`
      if (row === undefined) return null
      const packed = key.open(place(position, row.id_digest, row.source_type), row.sealed)
      const observation = packed === null ? null : unpackObservation(packed)
      if (observation === null) return yield* new ObservationUnreadable({ what: "observation" })
      return observation
    },
    Effect.catchTag("SqlError", (error) => Effect.fail(unavailable(error)))
  )

  const settle = Effect.fn("ObservationStore.settle")(
    function* (plugin: string, { observationId, subject }: Observation, remember: Uint8Array | null) {
      const evicted = yield* together(
        Effect.gen(function* () {
          const gone = subject === null || remember === null ? 0 : yield* memories.write(plugin, subject, remember)
          if (gone > 0) yield* raise("evicted", usage.value.evicted + gone)
          yield* sql`INSERT INTO agent_observation_answer (position, plugin)
            SELECT position, ${plugin} FROM agent_pending_observation WHERE id_digest = ${idDigest(observationId)}
            ON CONFLICT DO NOTHING`
          return gone
        })
      )
      if (evicted > 0) yield* update((now) => ({ evicted: now.evicted + evicted }))
    },
    lock.withPermits(1),
    Effect.uninterruptible,
    Effect.mapError(unavailable)
  )

  /** Takes out what `which` selects and remembers its ids. */
  const takeOut = Effect.fnUntraced(function* (which: "position" | "taken_at", until: number, expired: boolean) {
    const at = yield* Clock.currentTimeMillis
    const where = which === "position" ? sql`position = ${until}` : sql`taken_at <= ${until}`
    const [found] = yield* sql<{ total: number; bytes: number | null }>`
      SELECT COUNT(*) AS total, SUM(LENGTH(sealed)) AS bytes FROM agent_pending_observation WHERE ${where}`
    const total = Number(found?.total ?? 0)
    if (total === 0) return 0
    yield* sql`INSERT INTO agent_finished_observation (id_digest, finished_at)
      SELECT id_digest, ${at} FROM agent_pending_observation WHERE ${where}`
    yield* sql`DELETE FROM agent_observation_answer
      WHERE position IN (SELECT position FROM agent_pending_observation WHERE ${where})`
    yield* sql`DELETE FROM agent_pending_observation WHERE ${where}`
    if (expired) yield* raise("expired", usage.value.expired + total)
    const bytes = Number(found?.bytes ?? 0)
    return yield* Effect.as(
      update((now) => ({
        pending: now.pending - total,
        bytes: now.bytes - bytes,
        expired: now.expired + (expired ? total : 0)
      })),
      total
    )
  })

  const forgetFinished = Effect.fnUntraced(function* (before: number) {
    yield* sql`DELETE FROM agent_finished_observation WHERE finished_at <= ${before}`
    yield* sql`DELETE FROM agent_finished_observation WHERE id_digest IN (
      SELECT id_digest FROM agent_finished_observation ORDER BY finished_at DESC LIMIT ${finishedMax} OFFSET ${finishedMax})`
  })

  const expire = Effect.gen(function* () {
    const before = (yield* Clock.currentTimeMillis) - limits.windowMs
    return yield* together(Effect.andThen(forgetFinished(before), takeOut("taken_at", before, true)))
  }).pipe(lock.withPermits(1), Effect.uninterruptible, Effect.mapError(unavailable))

  return ObservationStore.of({
    usage,
    offer,
    knows: (observationId) => Effect.mapError(isKnown(idDigest(observationId)), unavailable),
    pendingAfter,
    read,
    recall: (plugin, subject) =>
      memories.read(plugin, subject).pipe(Effect.catchTag("SqlError", (error) => Effect.fail(unavailable(error)))),
    settle,
    finish: (position, outcome = "settled") =>
      together(takeOut("position", position, outcome === "lost")).pipe(
        lock.withPermits(1),
        Effect.uninterruptible,
        Effect.asVoid,
        Effect.mapError(unavailable)
      ),
    expire
  })
})

/** The store on the given `SqlClient`, whose tables `observationMigrations` makes. */
export const layer = (
  options: ObservationStoreOptions
): Layer.Layer<ObservationStore, ObservationKeyLost | ObservationStoreUnavailable, SqlClient.SqlClient> =>
  Layer.effect(
    ObservationStore,
    Effect.catchTag(make(options), "SqlError", (error) => Effect.fail(unavailable(error)))
  )
