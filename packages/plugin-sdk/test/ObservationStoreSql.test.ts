import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as Database from "@farmops/core/sql/Database"
import * as Ed25519Node from "@farmops/proof/Ed25519Node"
import { Effect, Layer, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { type ObservationLimits, ObservationStore } from "../src/runtime/ObservationStore.ts"
import * as ObservationStoreSql from "../src/runtime/ObservationStoreSql.ts"
import { loadObservationKey, observationKeyFile } from "../src/runtime/observations/observationKeyFile.ts"
import { observationMigrations } from "../src/runtime/observations/observationTables.ts"
import { makeObservationKey } from "../src/runtime/observations/sealedRow.ts"
import { observation } from "./observation.ts"
import { observationStoreSuite, seen, take } from "./observationStoreSuite.ts"

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "farmops-observations-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

const keyOf = (byte: number) => makeObservationKey(Redacted.make(new Uint8Array(32).fill(byte)))

const onFile = (file: string, options: { byte?: number; forget?: boolean; limits?: Partial<ObservationLimits> } = {}) =>
  Layer.fresh(
    ObservationStoreSql.layer({
      key: keyOf(options.byte ?? 1),
      keyFile: "observations.key",
      forget: options.forget ?? false,
      limits: options.limits ?? {}
    }).pipe(
      Layer.provide(Database.layerMigrations("observations", observationMigrations)),
      Layer.provideMerge(Layer.fresh(Database.layer(file)))
    )
  )

observationStoreSuite("on SQLite", (limits = {}) =>
  Layer.unwrap(Effect.map(folder, (path) => onFile(join(path, "agent.db"), { limits })))
)

const marker = "marker-7f3a"
const bytes = (text: string) => new TextEncoder().encode(text)

const marked = (id: string) =>
  observation(
    { name: marker },
    {
      observationId: `${marker} ${id}`,
      subject: `${marker}/deployment`,
      actor: { identifier: Redacted.make(`${marker}@example.org`), type: "human" }
    }
  )

/** All bytes of the folder's files, as they are at this moment. */
const onDisk = (path: string) =>
  readdirSync(path)
    .map((name) => readFileSync(join(path, name), "latin1"))
    .join("\n")

describe("ObservationStoreSql", () => {
  it.effect("brings a database of the version before up to date, with all that waits in it", () =>
    Effect.gen(function* () {
      const file = join(yield* folder, "agent.db")
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* take("one")
        yield* sql`DROP TABLE agent_observation_set_aside`
        yield* sql`DELETE FROM farmops_migrations_observations WHERE migration_id = 2`
      }).pipe(Effect.provide(onFile(file)))
      yield* Effect.gen(function* () {
        const store = yield* ObservationStore
        const [one] = yield* store.pendingAfter(0)
        yield* store.setAside("a/a", one?.position ?? 0)
        assert.deepInclude(store.usage.value, { pending: 1, setAside: 1 })
      }).pipe(Effect.provide(onFile(file)))
    })
  )

  it.effect("finds everything again after a restart: what waits, who answered, memories, counts", () =>
    Effect.gen(function* () {
      const file = join(yield* folder, "agent.db")
      yield* Effect.gen(function* () {
        const store = yield* ObservationStore
        yield* store.finish(yield* take("gone"))
        yield* take("one", "s")
        yield* store.setAside("a/b", yield* take("two"))
        yield* store.settle("a/a", seen("one", "s"), bytes("kept"))
        yield* store.settle("a/a", seen("x", "s2"), bytes("kept"))
      }).pipe(Effect.provide(onFile(file, { limits: { memoriesMax: 1 } })))
      yield* Effect.gen(function* () {
        const store = yield* ObservationStore
        const [one, two] = yield* store.pendingAfter(0)
        assert.deepStrictEqual([one?.settledBy, two?.settledBy], [["a/a"], []])
        assert.deepStrictEqual([one?.setAsideFor, two?.setAsideFor], [[], ["a/b"]])
        assert.strictEqual(store.usage.value.setAside, 1)
        assert.strictEqual((yield* store.read(one?.position ?? 0))?.observationId, "one")
        assert.lengthOf(yield* store.recall("a/a", "s2"), 4)
        assert.isNull(yield* store.offer(seen("gone")))
        assert.isNull(yield* store.offer(seen("one")))
        assert.deepInclude(store.usage.value, { pending: 2, evicted: 1 })
        assert.isAbove(store.usage.value.bytes, 0)
        assert.isAbove(yield* take("three"), two?.position ?? 99)
      }).pipe(Effect.provide(onFile(file)))
    }).pipe(Effect.scoped)
  )

  it.effect("lets no word of an observation, its subject, its actor or a memory reach the disk", () =>
    Effect.gen(function* () {
      const path = yield* folder
      yield* Effect.gen(function* () {
        const store = yield* ObservationStore
        const sql = yield* SqlClient.SqlClient
        yield* store.offer(marked("one"))
        yield* store.offer(marked("two"))
        yield* store.settle("a/a", marked("one"), bytes(`remembered ${marker}`))
        yield* store.finish(1)
        // What is looked at is there: the source's type, which is no secret, and the write-ahead log.
        assert.include(onDisk(path), "test")
        assert.include(readdirSync(path), "agent.db-wal")
        assert.notInclude(onDisk(path), marker)
        yield* sql`PRAGMA wal_checkpoint(TRUNCATE)`
        assert.notInclude(onDisk(path), marker)
        assert.isNotNull(yield* store.read(2))
      }).pipe(Effect.provide(onFile(join(path, "agent.db"))))
    }).pipe(Effect.scoped)
  )

  it.effect("refuses rows that another key has sealed, and goes on without them only when it is told to", () =>
    Effect.gen(function* () {
      const file = join(yield* folder, "agent.db")
      const use = Effect.gen(function* () {
        const store = yield* ObservationStore
        return (yield* store.pendingAfter(0)).length
      })
      assert.strictEqual(yield* Effect.provide(use, onFile(file)), 0)
      assert.strictEqual(yield* Effect.provide(use, onFile(file, { byte: 2 })), 0, "nothing is lost with an empty one")
      yield* Effect.gen(function* () {
        const store = yield* ObservationStore
        yield* take("one")
        yield* store.settle("a/a", seen("two", "s"), bytes("memory"))
      }).pipe(Effect.provide(onFile(file)))
      const error = yield* Effect.flip(Effect.provide(use, onFile(file, { byte: 2 })))
      assert.deepInclude(error, { _tag: "ObservationKeyLost", pending: 1, memories: 1 })
      assert.strictEqual(yield* Effect.provide(use, onFile(file)), 1, "the refusal changed nothing")
      assert.strictEqual(yield* Effect.provide(use, onFile(file, { byte: 2, forget: true })), 0)
      assert.strictEqual(yield* Effect.provide(use, onFile(file, { byte: 2 })), 0)
    }).pipe(Effect.scoped)
  )

  it.effect("hands out nothing of a row that was changed, or that stands in another's place", () =>
    Effect.gen(function* () {
      const store = yield* ObservationStore
      const sql = yield* SqlClient.SqlClient
      yield* take("one", "s1")
      yield* take("two", "s2")
      yield* store.settle("a/a", seen("one", "s1"), bytes("of s1"))
      yield* store.settle("a/b", seen("one", "s1"), bytes("of b"))
      yield* sql`UPDATE agent_plugin_memory SET sealed =
        (SELECT sealed FROM agent_plugin_memory WHERE plugin = 'a/b') WHERE plugin = 'a/a'`
      assert.deepInclude(yield* Effect.flip(store.recall("a/a", "s1")), {
        _tag: "ObservationUnreadable",
        what: "memory"
      })
      const swaps = [
        sql`UPDATE agent_pending_observation SET sealed =
          (SELECT sealed FROM agent_pending_observation WHERE position = 2) WHERE position = 1`,
        sql`UPDATE agent_pending_observation SET source_type = 'other' WHERE position = 2`
      ]
      for (const swap of swaps) yield* swap
      for (const position of [1, 2]) {
        const error = yield* Effect.flip(store.read(position))
        assert.deepInclude(error, { _tag: "ObservationUnreadable", what: "observation" })
      }
    }).pipe(Effect.provide(Layer.unwrap(Effect.map(folder, (path) => onFile(join(path, "agent.db"))))))
  )

  it.effect("stores neither the memory nor the answer when one of them cannot be written", () =>
    Effect.gen(function* () {
      const store = yield* ObservationStore
      const sql = yield* SqlClient.SqlClient
      yield* take("one", "s")
      yield* sql`CREATE TRIGGER full BEFORE INSERT ON agent_observation_answer BEGIN SELECT RAISE(ABORT, 'full'); END`
      const error = yield* Effect.flip(store.settle("a/a", seen("one", "s"), bytes("memory")))
      assert.strictEqual(error._tag, "ObservationStoreUnavailable")
      yield* sql`DROP TRIGGER full`
      assert.lengthOf(yield* store.recall("a/a", "s"), 0)
      yield* store.settle("a/a", seen("one", "s"), bytes("memory"))
      assert.lengthOf(yield* store.recall("a/a", "s"), 6)
    }).pipe(Effect.provide(Layer.unwrap(Effect.map(folder, (path) => onFile(join(path, "agent.db"))))))
  )

  it.effect("says that it is unavailable when the database fails, and takes nothing then", () =>
    Effect.gen(function* () {
      const store = yield* ObservationStore
      const sql = yield* SqlClient.SqlClient
      yield* sql`ALTER TABLE agent_pending_observation RENAME TO away`
      const uses: ReadonlyArray<Effect.Effect<unknown, { readonly _tag: string }>> = [
        store.offer(seen("one")),
        store.knows("one"),
        store.pendingAfter(0),
        store.read(1),
        store.settle("a/a", seen("one"), null),
        store.finish(1),
        store.expire
      ]
      for (const use of uses) assert.strictEqual((yield* Effect.flip(use))._tag, "ObservationStoreUnavailable")
      assert.deepInclude(store.usage.value, { pending: 0, bytes: 0 })
    }).pipe(Effect.provide(Layer.unwrap(Effect.map(folder, (path) => onFile(join(path, "agent.db"))))))
  )
})

describe("observations.key", () => {
  it.effect("is made once, for its owner only, and refused when others may read it or it is damaged", () =>
    Effect.gen(function* () {
      const path = yield* folder
      const file = observationKeyFile(path)
      const first = yield* loadObservationKey(path)
      assert.strictEqual(statSync(file).mode & 0o777, 0o600)
      assert.deepStrictEqual(readdirSync(path), ["observations.key"])
      assert.strictEqual((yield* loadObservationKey(path)).mark, first.mark)
      const sealed = first.seal(["here"], bytes("text"))
      assert.deepStrictEqual((yield* loadObservationKey(path)).open(["here"], sealed), Buffer.from("text"))
      assert.isNull(first.open(["her", "e"], sealed))
      assert.notDeepEqual(first.seal(["here"], bytes("text")), sealed)
      writeFileSync(
        file,
        readFileSync(file, "utf8").replace(/"seed":"(.)/, (_, digit) => `"seed":"${digit === "0" ? 1 : 0}`)
      )
      const error = yield* Effect.flip(loadObservationKey(path))
      assert.deepInclude(error, { _tag: "KeyFileUnreadable", reason: "contents" })
    }).pipe(Effect.scoped, Effect.provide([NodeServices.layer, Ed25519Node.layer]))
  )
})
