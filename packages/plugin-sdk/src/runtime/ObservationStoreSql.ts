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
  type ObservationKeyLost,
  type ObservationLimits,
  ObservationStore,
  ObservationStoreUnavailable,
  ObservationUnreadable,
  type ObservationUsage,
  type PendingObservation,
  pendingListedMax
} from "./ObservationStore.ts"
import { checkObservationKey, type KeyToCheck } from "./observations/checkObservationKey.ts"
import { makeObservationAnswers } from "./observations/observationAnswers.ts"
import { packObservation, unpackObservation } from "./observations/packObservation.ts"
import { makePluginMemories } from "./observations/pluginMemories.ts"

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
export interface ObservationStoreOptions extends KeyToCheck {
  readonly limits?: Partial<ObservationLimits>
}

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

  yield* together(checkObservationKey(options))
  const answers = yield* makeObservationAnswers
  const [held] = yield* sql<{ total: number; bytes: number | null; last: number | null }>`
    SELECT COUNT(*) AS total, SUM(LENGTH(sealed)) AS bytes, MAX(position) AS last FROM agent_pending_observation`
  const usage = yield* SubscriptionRef.make<ObservationUsage>({
    pending: Number(held?.total ?? 0),
    bytes: Number(held?.bytes ?? 0),
    expired: yield* noteOf("expired"),
    evicted: yield* noteOf("evicted"),
    setAside: yield* answers.countSetAside
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
      const nobody = { settledBy: [], setAsideFor: [] }
      const taken: PendingObservation = { position, sourceType, subject: row.subject_digest, ...nobody }
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
    const answeredBy = yield* answers.between(position, end)
    return rows.map((row): PendingObservation => {
      const at = Number(row.position)
      return { position: at, sourceType: row.source_type, subject: row.subject_digest, ...answeredBy(at) }
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

  const recount = Effect.flatMap(answers.countSetAside, (setAside) => update(() => ({ setAside })))

  const setAside = Effect.fn("ObservationStore.setAside")(
    function* (plugin: string, position: number) {
      yield* answers.setAside(plugin, position)
      yield* recount
    },
    lock.withPermits(1),
    Effect.uninterruptible,
    Effect.mapError(unavailable)
  )

  const settle = Effect.fn("ObservationStore.settle")(
    function* (plugin: string, { observationId, subject }: Observation, remember: Uint8Array | null) {
      const evicted = yield* together(
        Effect.gen(function* () {
          const gone = subject === null || remember === null ? 0 : yield* memories.write(plugin, subject, remember)
          if (gone > 0) yield* raise("evicted", usage.value.evicted + gone)
          yield* answers.answered(plugin, idDigest(observationId))
          return gone
        })
      )
      if (evicted > 0) yield* update((now) => ({ evicted: now.evicted + evicted }))
      if (usage.value.setAside > 0) yield* recount
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
    yield* answers.forget(where)
    yield* sql`DELETE FROM agent_pending_observation WHERE ${where}`
    if (expired) yield* raise("expired", usage.value.expired + total)
    const bytes = Number(found?.bytes ?? 0)
    if (usage.value.setAside > 0) yield* recount
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
    setAside,
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
