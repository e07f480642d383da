/**
 * {@link ProofLog} on SQLite or PostgreSQL. Durable as the connection is: give SQLite `synchronous = FULL`, or a proof
 * that was announced may be gone after a power cut.
 */
import { Effect, Layer } from "effect"
import { Migrator, SqlClient, type SqlError } from "effect/sql"
import { decodeHex, encodeHex } from "./hex.ts"
import {
  ChainForked,
  entriesMax,
  type LogEntry,
  ObservationAlreadyProved,
  ProofLog,
  ProofLogUnavailable
} from "./ProofLog.ts"

interface EntryRow {
  readonly sequence: number | string
  readonly proof_id: string
  readonly hash: string
  readonly line: string
  readonly observation_id: string
  readonly evidence_salt: string
}

const createTables = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  // UNIQUE on sequence and on observation_id is the second check of what `append` has read already.
  yield* sql`CREATE TABLE IF NOT EXISTS agent_proof (
    sequence BIGINT NOT NULL PRIMARY KEY CHECK (sequence >= 0),
    proof_id TEXT NOT NULL UNIQUE,
    hash TEXT NOT NULL UNIQUE,
    line TEXT NOT NULL,
    observation_id TEXT NOT NULL UNIQUE,
    evidence_salt TEXT NOT NULL
  )`
  yield* sql`CREATE TABLE IF NOT EXISTS agent_observation (observation_id TEXT NOT NULL PRIMARY KEY)`
  yield* sql`CREATE TABLE IF NOT EXISTS agent_cursor (
    name TEXT NOT NULL PRIMARY KEY,
    sequence BIGINT NOT NULL
  )`
})

// What a recovery took out of the chain. Nothing reads it but a person who wants to know what happened.
const createSuperseded = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE IF NOT EXISTS agent_proof_superseded (
    hash TEXT NOT NULL PRIMARY KEY,
    sequence BIGINT NOT NULL,
    line TEXT NOT NULL,
    observation_id TEXT NOT NULL,
    evidence_salt TEXT NOT NULL
  )`
})

/** The tables of the log, for `Migrator.fromRecord`. `layer` runs them itself, under a migration table of its own. */
export const migrations: Record<string, typeof createTables> = {
  "0001_agent_proof_log": createTables,
  "0002_agent_recovery": createSuperseded
}

const migrationTable = "agent_proof_migration"
const unavailable = (cause: unknown) => new ProofLogUnavailable({ cause })

const isConflict = ({ reason }: SqlError.SqlError): boolean =>
  reason._tag === "UniqueViolation" || reason._tag === "ConstraintError"

// PostgreSQL gives a BIGINT back as text.
const toEntry = (row: EntryRow): LogEntry => ({
  sequence: Number(row.sequence),
  proofId: row.proof_id,
  hash: row.hash,
  line: row.line,
  observationId: row.observation_id,
  evidenceSalt: decodeHex(row.evidence_salt) ?? new Uint8Array()
})

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  // SQLite would otherwise take the write lock only at the first INSERT, after another process could have moved the head.
  const begin = sql.onDialectOrElse({ sqlite: () => "BEGIN IMMEDIATE", orElse: () => undefined })

  const selectHead = Effect.map(
    sql<Pick<EntryRow, "sequence" | "proof_id" | "hash">>`
      SELECT sequence, proof_id, hash FROM agent_proof ORDER BY sequence DESC LIMIT 1`,
    ([row]) => (row === undefined ? null : { sequence: Number(row.sequence), proofId: row.proof_id, hash: row.hash })
  )
  const selectObservation = (observationId: string) =>
    Effect.map(
      sql`SELECT 1 AS found FROM agent_observation WHERE observation_id = ${observationId}`,
      (rows) => rows.length > 0
    )

  /** Fails when the entry may not be written on what the database holds now. */
  const checkNext = Effect.fnUntraced(function* (entry: LogEntry) {
    if (yield* selectObservation(entry.observationId)) {
      return yield* new ObservationAlreadyProved({ observationId: entry.observationId })
    }
    const expected = ((yield* selectHead)?.sequence ?? -1) + 1
    if (entry.sequence !== expected) return yield* new ChainForked({ expected, received: entry.sequence })
  })

  const insert = Effect.fnUntraced(function* (entry: LogEntry) {
    yield* sql`INSERT INTO agent_observation ${sql.insert({ observation_id: entry.observationId })}`
    yield* sql`INSERT INTO agent_proof ${sql.insert({
      sequence: entry.sequence,
      proof_id: entry.proofId,
      hash: entry.hash,
      line: entry.line,
      observation_id: entry.observationId,
      evidence_salt: encodeHex(entry.evidenceSalt)
    })}`
  })

  const takeOutAfter = Effect.fnUntraced(function* (sequence: number) {
    yield* sql`INSERT INTO agent_proof_superseded (hash, sequence, line, observation_id, evidence_salt)
      SELECT hash, sequence, line, observation_id, evidence_salt FROM agent_proof WHERE sequence > ${sequence}`
    yield* sql`DELETE FROM agent_observation WHERE observation_id IN
      (SELECT observation_id FROM agent_proof WHERE sequence > ${sequence})`
    yield* sql`DELETE FROM agent_proof WHERE sequence > ${sequence}`
    yield* sql`UPDATE agent_cursor SET sequence = ${sequence} WHERE name = 'delivered' AND sequence > ${sequence}`
  })

  const replaceAfter = Effect.fn("ProofLog.replaceAfter")(
    function* (sequence: number, entry: LogEntry) {
      yield* Effect.andThen(takeOutAfter(sequence), Effect.andThen(checkNext(entry), insert(entry))).pipe(
        sql.withTransaction,
        Effect.provideService(SqlClient.BeginTransaction, begin)
      )
    },
    Effect.catchTag("SqlError", (error) => Effect.fail(unavailable(error)))
  )

  const append = Effect.fn("ProofLog.append")(
    function* (entry: LogEntry) {
      yield* Effect.andThen(checkNext(entry), insert(entry)).pipe(
        sql.withTransaction,
        Effect.provideService(SqlClient.BeginTransaction, begin),
        // Another writer came between the check and the insert: say which of the two facts now stands in the way.
        Effect.catchIf(
          (error) => error._tag === "SqlError" && isConflict(error),
          (conflict) => Effect.andThen(checkNext(entry), Effect.fail(conflict))
        )
      )
    },
    Effect.catchTag("SqlError", (error) => Effect.fail(unavailable(error)))
  )

  return ProofLog.of({
    head: Effect.mapError(selectHead, unavailable),
    count: sql<{ total: number | string }>`SELECT COUNT(*) AS total FROM agent_proof`.pipe(
      Effect.map(([row]) => Number(row?.total ?? 0)),
      Effect.mapError(unavailable)
    ),
    append,
    replaceAfter,
    hasObservation: (observationId) => Effect.mapError(selectObservation(observationId), unavailable),
    markSeen: (observationId) =>
      sql`INSERT INTO agent_observation ${sql.insert({ observation_id: observationId })} ON CONFLICT DO NOTHING`.pipe(
        Effect.asVoid,
        Effect.mapError(unavailable)
      ),
    entriesAfter: (sequence, limit) =>
      sql<EntryRow>`
        SELECT sequence, proof_id, hash, line, observation_id, evidence_salt FROM agent_proof
        WHERE sequence > ${sequence} ORDER BY sequence LIMIT ${Math.min(Math.max(limit, 0), entriesMax)}`.pipe(
        Effect.map((rows) => rows.map(toEntry)),
        Effect.mapError(unavailable)
      ),
    deliveredThrough: sql<{ sequence: number | string }>`
      SELECT sequence FROM agent_cursor WHERE name = 'delivered'`.pipe(
      Effect.map(([row]) => Number(row?.sequence ?? -1)),
      Effect.mapError(unavailable)
    ),
    markDelivered: (sequence) =>
      sql`INSERT INTO agent_cursor ${sql.insert({ name: "delivered", sequence })}
        ON CONFLICT (name) DO UPDATE SET sequence = excluded.sequence
        WHERE excluded.sequence > agent_cursor.sequence`.pipe(Effect.asVoid, Effect.mapError(unavailable))
  })
})

/** The log on the given `SqlClient`; makes its tables when they are missing. */
export const layer: Layer.Layer<ProofLog, ProofLogUnavailable, SqlClient.SqlClient> = Layer.effect(
  ProofLog,
  Effect.andThen(
    Effect.mapError(Migrator.make({})({ loader: Migrator.fromRecord(migrations), table: migrationTable }), unavailable),
    make
  )
)
