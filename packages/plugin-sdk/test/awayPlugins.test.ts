import { mkdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schedule, Stream, SubscriptionRef } from "effect"
import { TestClock } from "effect/testing"
import { serveOn } from "../src/author/servePlugin.ts"
import type { SocketDirectory } from "../src/runtime/PluginManifest.ts"
import { PluginRuntime } from "../src/runtime/PluginRuntime.ts"
import {
  type SeenPlugin,
  type SeenPluginList,
  SeenPlugins,
  SeenPluginsUnavailable
} from "../src/runtime/SeenPlugins.ts"
import { makeAwayPlugins } from "../src/runtime/supervise/AwayPlugins.ts"
import { oddPlugin } from "./oddPlugin.ts"
import { manifestIn, settled, statusWhere, temporaryFolder, withRuntime } from "./runtimeFixture.ts"

const token = "a-token-that-both-know"

/** The folder's manifest, with the token in a file of its own. */
const manifestOf = (folder: string, more = "path: ., ") => {
  writeFileSync(join(folder, "token"), token)
  return manifestIn(folder, `socket_directory: { ${more}token_file: token }`)
}

/** A list that outlives runtimes, as a database would; `failing` says how often the next writes fail. */
const makeDisk = (known: ReadonlyArray<SeenPlugin> = []) => {
  const rows = new Map(known.map((one) => [one.id, one]))
  const disk = { failing: 0, windowMs: 3_600_000 }
  const list = (): SeenPluginList => ({
    windowMs: disk.windowMs,
    known: [...rows.values()],
    keep: (plugin) =>
      Effect.suspend(() => {
        if (disk.failing > 0) {
          disk.failing--
          return Effect.fail(new SeenPluginsUnavailable({ cause: "full" }))
        }
        rows.set(plugin.id, plugin)
        return Effect.void
      }),
    forget: (id) => Effect.sync(() => void rows.delete(id))
  })
  return { rows, disk, list }
}

const serve = (socket: string, id = "farmops/odd") =>
  Effect.acquireRelease(
    Effect.promise(() =>
      serveOn({ ...oddPlugin, description: { ...oddPlugin.description, plugin_id: id } }, { socket, token })
    ),
    ({ close }) => Effect.promise(close)
  )

const ids = Effect.flatMap(PluginRuntime, ({ status }) =>
  Effect.map(SubscriptionRef.get(status), (all) => all.map(({ id }) => id))
)
const reload = Effect.flatMap(PluginRuntime, ({ reload }) => reload)

describe("a plugin of the folder of sockets that is not there", () => {
  it.live("is expected after a restart with what it asked for, and is taken again under any name", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      mkdirSync(join(folder, "sd"))
      const manifest = manifestOf(folder, "path: sd, ")
      const { list } = makeDisk()
      const run = <A, E, R>(body: Effect.Effect<A, E, R>) =>
        withRuntime(body, manifest).pipe(Effect.provideService(SeenPlugins, list()))
      yield* Effect.scoped(Effect.andThen(serve(join(folder, "sd/one.sock")), run(settled())))
      rmSync(join(folder, "sd/one.sock"), { force: true })
      yield* run(
        Effect.gen(function* () {
          assert.deepInclude(yield* statusWhere("farmops/odd", () => true), {
            state: "away",
            version: "1.2.3",
            sources: ["test"],
            obtained: "socket"
          })
          yield* serve(join(folder, "sd/two.sock"))
          assert.deepInclude(yield* settled(), { state: "ready" })
          assert.deepStrictEqual(yield* ids, ["farmops/odd"])
        })
      )
    })
  )

  it.live("is not asked before it is on disk that it is owed what it asks for", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const { disk, list, rows } = makeDisk()
      disk.failing = 2
      yield* serve(join(folder, "odd.sock"))
      const body = Effect.gen(function* () {
        yield* settled()
        assert.strictEqual(disk.failing, 0)
        assert.deepStrictEqual(
          [...rows.values()],
          [{ id: "farmops/odd", version: "1.2.3", sources: ["test"], awaySince: null }]
        )
      })
      yield* withRuntime(body, manifestOf(folder)).pipe(Effect.provideService(SeenPlugins, list()))
    })
  )

  it.live("is forgotten when the manifest has no such folder any more, or lists others for it", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const one = { version: "1.0.0", sources: ["test"], awaySince: 5 }
      const { list, rows } = makeDisk([
        { ...one, id: "a/one" },
        { ...one, id: "a/two" }
      ])
      const manifest = manifestOf(folder)
      const body = Effect.gen(function* () {
        assert.deepStrictEqual(yield* ids, ["a/one", "a/two"])
        writeFileSync(manifest, "socket_directory: { path: ., plugins: [a/two, a/three] }")
        yield* reload
        assert.deepStrictEqual([yield* ids, [...rows.keys()]], [["a/two", "a/three"], ["a/two"]])
        writeFileSync(manifest, "plugins: []")
        yield* reload
        assert.deepStrictEqual([yield* ids, [...rows.keys()]], [[], []])
      })
      yield* withRuntime(body, manifest).pipe(Effect.provideService(SeenPlugins, { ...list(), windowMs: 1e15 }))
    })
  )

  it.live("is expected from the first start where the manifest lists it, and nobody else is let in", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const body = Effect.gen(function* () {
        assert.deepInclude(yield* statusWhere("farmops/odd", () => true), { state: "away", version: null, sources: [] })
        yield* serve(join(folder, "other.sock"), "farmops/even")
        yield* statusWhere("socket:other", ({ reason }) => reason === "wrong_id")
        yield* serve(join(folder, "odd.sock"))
        assert.deepInclude(yield* settled(), { state: "ready" })
      })
      yield* withRuntime(body, manifestOf(folder, "path: ., plugins: [farmops/odd], "))
    })
  )

  it.live("is on the board at every moment of a reload that moves it between the folder and the manifest", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const inFolder = "path: ., plugins: [farmops/odd], "
      const manifest = manifestOf(folder, inFolder)
      yield* serve(join(folder, "odd.sock"))
      const body = Effect.gen(function* () {
        const { status } = yield* PluginRuntime
        yield* settled()
        let missing = 0
        yield* SubscriptionRef.changes(status).pipe(
          Stream.runForEach((all) => Effect.sync(() => void (all.some(({ id }) => id === "farmops/odd") || missing++))),
          Effect.forkScoped({ startImmediately: true })
        )
        writeFileSync(manifest, `plugins: [{ id: farmops/odd, socket: { path: odd.sock, token: ${token} } }]`)
        yield* reload
        assert.deepInclude(yield* settled(), { state: "ready" })
        manifestOf(folder, inFolder)
        yield* reload
        yield* statusWhere("farmops/odd", ({ state }) => state === "ready")
        assert.strictEqual(missing, 0)
      })
      yield* withRuntime(body, manifest)
    })
  )

  const directory: SocketDirectory = { path: "/nowhere", token: "", sources: null, plugins: null }

  const arrive = (id: string) => ({ id, version: "1.0.0", sources: ["test"] })

  it.effect("is expected no longer than the window", () =>
    Effect.gen(function* () {
      const { list, rows } = makeDisk()
      const away = yield* makeAwayPlugins(Effect.void).pipe(Effect.provideService(SeenPlugins, list()))
      yield* away.follow(directory, [])
      yield* away.arriving(arrive("a/one"))
      yield* away.arrived("a/one")
      yield* TestClock.adjust("2 hours")
      yield* away.leaving("a/one")
      yield* away.left("a/one")
      yield* TestClock.adjust("55 minutes")
      assert.deepStrictEqual([...away.rows().keys()], ["a/one"])
      yield* TestClock.adjust("20 minutes")
      assert.deepStrictEqual([[...away.rows().keys()], rows.size], [[], 0])
    }).pipe(Effect.scoped)
  )

  it.effect("gives way, the one first that is away longest, when more than 64 are remembered", () =>
    Effect.gen(function* () {
      const { list, rows } = makeDisk()
      const away = yield* makeAwayPlugins(Effect.void).pipe(Effect.provideService(SeenPlugins, list()))
      yield* away.follow(directory, [])
      for (let at = 0; at < 66; at++) {
        yield* TestClock.adjust("1 second")
        yield* away.arriving(arrive(`a/p${at}`))
        yield* away.arrived(`a/p${at}`)
        if (at === 40) continue
        yield* away.leaving(`a/p${at}`)
        yield* away.left(`a/p${at}`)
      }
      assert.strictEqual(rows.size, 64)
      assert.isFalse(rows.has("a/p0") || rows.has("a/p1"))
      assert.isTrue(rows.has("a/p2") && rows.has("a/p40"))
    }).pipe(Effect.scoped)
  )
})

describe("a socket that says an id which is served already", () => {
  it.live("is taken once the other one has gone", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const body = Effect.gen(function* () {
        yield* serve(join(folder, "one.sock"))
        yield* settled()
        yield* serve(join(folder, "two.sock"))
        yield* statusWhere("socket:two", ({ reason }) => reason === "wrong_id")
        rmSync(join(folder, "one.sock"))
        yield* Effect.repeat(ids, {
          until: (all) => all.join() === "farmops/odd",
          schedule: Schedule.spaced("20 millis")
        }).pipe(Effect.timeout("20 seconds"))
        assert.deepInclude(yield* settled(), { state: "ready", faults: {} })
      })
      yield* withRuntime(body, manifestOf(folder))
    })
  )

  it.live("is never served beside another one that came at the same moment", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      yield* Effect.forEach(["one", "two", "three"], (name) => serve(join(folder, `${name}.sock`)))
      const body = Effect.gen(function* () {
        const { plugins, status } = yield* PluginRuntime
        yield* Effect.repeat(SubscriptionRef.get(status), {
          until: (all) => all.filter(({ reason }) => reason === "wrong_id").length === 2,
          schedule: Schedule.spaced("20 millis")
        }).pipe(Effect.timeout("20 seconds"))
        yield* settled()
        assert.lengthOf(yield* plugins, 1)
      })
      // As long as a disk takes: the three meet in the midst of it.
      const { list } = makeDisk()
      const slow = { ...list(), keep: () => Effect.sleep("50 millis") }
      yield* withRuntime(body, manifestOf(folder)).pipe(Effect.provideService(SeenPlugins, slow))
    })
  )
})
