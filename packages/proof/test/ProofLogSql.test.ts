import { spawn } from "node:child_process"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { ProofLog } from "../src/ProofLog.ts"
import * as ProofLogSql from "../src/ProofLogSql.ts"
import { entry, proofLogSuite } from "./proofLogSuite.ts"

const temporaryDirectory = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "farmops-proof-log-"))),
  (directory) => Effect.promise(() => rm(directory, { recursive: true, force: true }))
)

const onFile = (filename: string) =>
  Layer.fresh(ProofLogSql.layer.pipe(Layer.provideMerge(Layer.fresh(SqliteClient.layer({ filename })))))

const onFreshFile = Layer.unwrap(Effect.map(temporaryDirectory, (directory) => onFile(join(directory, "agent.db"))))

proofLogSuite("on SQLite", Layer.fresh(onFreshFile))

describe("ProofLogSql", () => {
  it.effect("finds everything again after a restart", () =>
    Effect.gen(function* () {
      const file = join(yield* temporaryDirectory, "agent.db")
      yield* Effect.provide(
        Effect.gen(function* () {
          const log = yield* ProofLog
          yield* log.append(entry(0))
          yield* log.append(entry(1))
          yield* log.markSeen("refused")
          yield* log.markDelivered(0)
        }),
        onFile(file)
      )
      yield* Effect.provide(
        Effect.gen(function* () {
          const log = yield* ProofLog
          assert.deepStrictEqual(yield* log.entriesAfter(-1, 10), [entry(0), entry(1)])
          assert.strictEqual(yield* log.deliveredThrough, 0)
          assert.isTrue(yield* log.hasObservation("refused"))
          const again = yield* Effect.flip(log.append(entry(2, { observationId: "observation-1" })))
          assert.strictEqual(again._tag, "ObservationAlreadyProved")
          yield* log.append(entry(2))
        }),
        onFile(file)
      )
    }).pipe(Effect.scoped)
  )

  it.effect("writes neither proof nor observation when one of them cannot be written", () =>
    Effect.gen(function* () {
      const log = yield* ProofLog
      const sql = yield* SqlClient.SqlClient
      yield* log.append(entry(0))
      // The same hash under another sequence breaks a unique index after the observation was inserted.
      const error = yield* Effect.flip(log.append(entry(1, { hash: "hash-0" })))
      assert.strictEqual(error._tag, "ProofLogUnavailable")
      assert.isFalse(yield* log.hasObservation("observation-1"))
      const [row] = yield* sql<{ total: number }>`SELECT COUNT(*) AS total FROM agent_observation`
      assert.strictEqual(row?.total, 1)
      yield* log.append(entry(1))
    }).pipe(Effect.provide(Layer.fresh(onFreshFile)))
  )

  it.effect("refuses a fork by its unique indexes, even where the check was passed by", () =>
    Effect.gen(function* () {
      const log = yield* ProofLog
      const sql = yield* SqlClient.SqlClient
      yield* log.append(entry(0))
      const row = { sequence: 1, proof_id: "a", hash: "b", line: "c", observation_id: "d", evidence_salt: "" }
      for (const change of [
        { sequence: 0 },
        { sequence: -1 },
        { observation_id: "observation-0" },
        { proof_id: "proof-0" },
        { hash: "hash-0" }
      ]) {
        const error = yield* Effect.flip(sql`INSERT INTO agent_proof ${sql.insert({ ...row, ...change })}`)
        assert.include(["UniqueViolation", "ConstraintError"], error.reason._tag)
      }
      yield* sql`INSERT INTO agent_proof ${sql.insert(row)}`
    }).pipe(Effect.provide(Layer.fresh(onFreshFile)))
  )

  it.live("lets two processes append by turns, without a fork and without a failed write", () =>
    Effect.gen(function* () {
      const file = join(yield* temporaryDirectory, "agent.db")
      yield* Effect.provide(ProofLog, onFile(file))
      const announced = yield* Effect.promise(() => Promise.all([append(file, "a", 60), append(file, "b", 60)]))
      const sequences = announced.flat().toSorted((one, other) => one - other)
      assert.deepStrictEqual(
        sequences,
        Array.from({ length: 120 }, (_, at) => at)
      )
      const entries = yield* Effect.provide(
        Effect.flatMap(ProofLog, (log) => log.entriesAfter(-1, 1000)),
        onFile(file)
      )
      assert.deepStrictEqual(
        entries.map(({ sequence }) => sequence),
        sequences
      )
    }).pipe(Effect.scoped)
  )

  it.live("keeps proof and observation together when the process is killed in the middle", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const file = join(directory, "agent.db")
      for (let round = 0; round < 3; round++) {
        const lastSeen = yield* Effect.promise(() => appendUntilKilled(file, 20 + 15 * round))
        yield* Effect.gen(function* () {
          const log = yield* ProofLog
          const sql = yield* SqlClient.SqlClient
          const entries = yield* log.entriesAfter(-1, 1000)
          const count = yield* log.count
          assert.isAtLeast(count - 1, lastSeen, "what was announced is there")
          assert.deepStrictEqual(
            entries.map(({ sequence }) => sequence),
            entries.map((_, at) => at)
          )
          const orphans = yield* sql`SELECT observation_id FROM agent_observation
            WHERE observation_id NOT IN (SELECT observation_id FROM agent_proof)`
          assert.deepStrictEqual(orphans, [])
          assert.strictEqual((yield* sql`SELECT 1 FROM agent_observation`).length, count)
        }).pipe(Effect.provide(onFile(file)))
      }
    }).pipe(Effect.scoped)
  )

  it.effect("says that it is unavailable when the database fails, and why", () =>
    Effect.gen(function* () {
      const file = join(yield* temporaryDirectory, "agent.db")
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const log = yield* ProofLog
        for (const table of ["agent_proof", "agent_observation", "agent_cursor"]) {
          yield* sql`ALTER TABLE ${sql(table)} RENAME TO ${sql(`${table}_away`)}`
        }
        const uses: ReadonlyArray<Effect.Effect<unknown, { readonly _tag: string }>> = [
          log.head,
          log.count,
          log.append(entry(0)),
          log.replaceAfter(-1, entry(0)),
          log.hasObservation("one"),
          log.markSeen("one"),
          log.entriesAfter(-1, 1),
          log.deliveredThrough,
          log.markDelivered(0)
        ]
        for (const use of uses) {
          const error = yield* Effect.flip(use)
          assert.strictEqual(error._tag, "ProofLogUnavailable")
          assert.deepNestedInclude(error, { "cause._tag": "SqlError" })
        }
      }).pipe(Effect.provide(onFile(file)))
    }).pipe(Effect.scoped)
  )

  it.effect("keeps its migrations in a table of its own, beside whatever else the database holds", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const rows = yield* sql<{ name: string }>`SELECT name FROM agent_proof_migration ORDER BY migration_id`
      assert.deepStrictEqual(
        rows.map(({ name }) => name),
        ["agent_proof_log", "agent_recovery"]
      )
    }).pipe(Effect.provide(Layer.fresh(onFreshFile)))
  )

  it.effect("keeps what a recovery took out aside, for whoever wants to know", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const log = yield* ProofLog
      for (const sequence of [0, 1, 2]) yield* log.append(entry(sequence))
      yield* log.replaceAfter(0, entry(1, { proofId: "recovery", hash: "recovery", observationId: "recovery" }))
      const rows = yield* sql`SELECT hash, sequence, line, observation_id FROM agent_proof_superseded ORDER BY sequence`
      assert.deepStrictEqual(
        rows.map((row) => ({ ...row })),
        [1, 2].map((sequence) => ({
          hash: `hash-${sequence}`,
          sequence,
          line: entry(sequence).line,
          observation_id: `observation-${sequence}`
        }))
      )
    }).pipe(Effect.provide(Layer.fresh(onFreshFile)))
  )
})

const start = (file: string, name: string, ...more: ReadonlyArray<string>) =>
  spawn(process.execPath, [
    "--conditions=@farmops/source",
    fileURLToPath(new URL("appendForever.ts", import.meta.url)),
    file,
    name,
    ...more
  ])

const numbersIn = (text: string): ReadonlyArray<number> => text.split("\n").slice(0, -1).map(Number)

/** Lets another process append `count` entries; gives their sequences. Rejects when that process failed. */
const append = (file: string, name: string, count: number): Promise<ReadonlyArray<number>> =>
  new Promise((resolve, reject) => {
    const child = start(file, name, String(count))
    let output = ""
    let errors = ""
    child.stdout.on("data", (chunk) => {
      output += chunk
    })
    child.stderr.on("data", (chunk) => {
      errors += chunk
    })
    child.on("close", (code) => (code === 0 ? resolve(numbersIn(output)) : reject(new Error(errors))))
  })

/** Lets another process append and kills it after `announced` entries; gives the last sequence that it announced. */
const appendUntilKilled = (file: string, announced: number): Promise<number> =>
  new Promise((resolve, reject) => {
    const child = start(file, "killed")
    let output = ""
    let errors = ""
    child.stderr.on("data", (chunk) => {
      errors += chunk
    })
    child.stdout.on("data", (chunk) => {
      output += chunk
      if (numbersIn(output).length >= announced) child.kill("SIGKILL")
    })
    child.on("close", () => {
      const last = numbersIn(output).at(-1)
      if (last === undefined) reject(new Error(errors))
      else resolve(last)
    })
  })
