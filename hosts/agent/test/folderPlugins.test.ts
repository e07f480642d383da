import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { NodeServices } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import { definePlugin, inconclusive } from "@farmops/plugin-sdk/author/definePlugin"
import { serveOn } from "@farmops/plugin-sdk/author/servePlugin"
import { layerPluginRuntime } from "@farmops/plugin-sdk/runtime/layerPluginRuntime"
import { loadPluginManifest } from "@farmops/plugin-sdk/runtime/loadPluginManifest"
import { ObservationStore } from "@farmops/plugin-sdk/runtime/ObservationStore"
import * as ObservationStoreSql from "@farmops/plugin-sdk/runtime/ObservationStoreSql"
import { makeObservationKey } from "@farmops/plugin-sdk/runtime/observations/sealedRow"
import { PluginRuntime } from "@farmops/plugin-sdk/runtime/PluginRuntime"
import { Effect, Layer, Redacted, Schedule, Schema } from "effect"
import { AgentStatus } from "../src/AgentStatus.ts"
import { OutboxGate } from "../src/OutboxGate.ts"
import { layerSeenPlugins } from "../src/seenPlugins.ts"
import { layerAgentDatabase, layerSeenPluginTables, layerStoreTables } from "../src/storedChain.ts"
import { layerChain, observation } from "./agentFixture.ts"
import { offerAll, pending, started } from "./dispatcherFixture.ts"

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "farmops-folder-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

const token = "a-token-that-both-know"
const windowMs = 3_600_000

/** What an agent has between two starts is in `path` alone: its database, its manifest and the folder of sockets. */
const layerAgent = (path: string) => {
  const database = layerAgentDatabase(path)
  const key = makeObservationKey(Redacted.make(new Uint8Array(32).fill(1)))
  const store = ObservationStoreSql.layer({ key, keyFile: "observations.key", limits: { windowMs } })
  const runtime = layerPluginRuntime(loadPluginManifest(join(path, "farmops-plugins.yaml"), {}))
  const seen = layerSeenPlugins(windowMs).pipe(Layer.provide(layerSeenPluginTables))
  return Layer.mergeAll(
    Layer.provide(store, layerStoreTables),
    Layer.provide(runtime, seen),
    layerChain(),
    AgentStatus.layer("local"),
    OutboxGate.layerOpen
  ).pipe(Layer.provide(database), Layer.provide(NodeServices.layer), Layer.fresh)
}

/** A container beside the agent: what it was asked, and answers only where it does not hang. */
const sidecar = (path: string, asked: Array<string>, hangs = false, id = "acme/sidecar", source = "test") =>
  Effect.acquireRelease(
    Effect.promise(() =>
      serveOn(
        definePlugin({
          id,
          version: "1.0.0",
          description: "For tests.",
          categories: ["toil"],
          sources: { [source]: { data: Schema.Struct({ id: Schema.String }), fields: [] } },
          templates: ["Did it"],
          verify: ({ data }) => {
            asked.push(data.id)
            return hangs ? new Promise<never>(() => undefined) : inconclusive("seen")
          }
        }),
        { socket: join(path, `${source}.sock`), token }
      )
    ),
    ({ close }) => Effect.promise(close)
  )

/** As a container that is killed leaves it: nobody listens, and the socket is gone. */
const gone = (path: string) => Effect.sync(() => rmSync(join(path, "test.sock"), { force: true }))

const stateIs = (state: string, id = "acme/sidecar") =>
  Effect.flatMap(PluginRuntime, ({ status }) =>
    Effect.repeat(
      Effect.sync(() => status.value),
      {
        until: (all) =>
          !all.some(({ id }) => id.startsWith("socket:")) && all.some((one) => one.id === id && one.state === state),
        schedule: Schedule.spaced("10 millis")
      }
    ).pipe(Effect.timeout("20 seconds"))
  )

const until = (isSo: Effect.Effect<boolean, never, ObservationStore>) =>
  Effect.repeat(isSo, { until: (so) => so, schedule: Schedule.spaced("10 millis") }).pipe(Effect.timeout("20 seconds"))
const delivered = until(Effect.map(pending, (left) => left === 0))
const expired = Effect.map(ObservationStore, (store) => store.usage.value.expired)

const prepared = Effect.gen(function* () {
  const path = yield* folder
  writeFileSync(join(path, "token"), token)
  writeFileSync(join(path, "farmops-plugins.yaml"), "socket_directory: { path: ., token_file: token }")
  return path
})

describe("what an agent accepted for a plugin in the folder of sockets", () => {
  it.live("reaches it after it was replaced while it hung, and so does what came while it was away", () =>
    Effect.gen(function* () {
      const path = yield* prepared
      const asked: Array<string> = []
      yield* Effect.gen(function* () {
        const sink = yield* started
        const hung: Array<string> = []
        yield* Effect.scoped(
          Effect.gen(function* () {
            yield* sidecar(path, hung, true)
            yield* stateIs("ready")
            yield* offerAll(sink, ["o1"])
            yield* until(Effect.sync(() => hung.length > 0))
          })
        )
        yield* gone(path)
        yield* stateIs("away")
        yield* offerAll(sink, ["o2"])
        expect(yield* pending).toBe(2)
        yield* sidecar(path, asked)
        yield* delivered
        expect(asked.toSorted()).toEqual(["o1", "o2"])
        expect(yield* expired).toBe(0)
      }).pipe(Effect.provide(layerAgent(path)))
    }).pipe(Effect.scoped)
  )

  it.live("reaches it when both were ended and the agent is back first", () =>
    Effect.gen(function* () {
      const path = yield* prepared
      const asked: Array<string> = []
      yield* Effect.gen(function* () {
        const sink = yield* started
        yield* sidecar(path, [], true)
        yield* stateIs("ready")
        yield* offerAll(sink, ["o1"])
      }).pipe(Effect.scoped, Effect.provide(layerAgent(path)))
      yield* gone(path)
      yield* Effect.gen(function* () {
        const sink = yield* started
        yield* sink.offer(observation("o2"))
        yield* sink.offer(observation("other", {}, { sourceType: "nobodys" }))
        expect(yield* pending).toBe(2)
        yield* sidecar(path, asked)
        yield* delivered
        expect(asked.toSorted()).toEqual(["o1", "o2"])
        expect(yield* expired).toBe(0)
      }).pipe(Effect.provide(layerAgent(path)))
    }).pipe(Effect.scoped)
  )

  it.live("is let go, counted and shown as a fault, when the operator takes the plugin out of the manifest", () =>
    Effect.gen(function* () {
      const path = yield* prepared
      yield* Effect.gen(function* () {
        const sink = yield* started
        yield* sidecar(path, [], false, "acme/other", "other")
        yield* stateIs("ready", "acme/other")
        yield* Effect.scoped(Effect.andThen(sidecar(path, []), stateIs("ready")))
        yield* gone(path)
        yield* stateIs("away")
        yield* offerAll(sink, ["o1"])
        expect(yield* pending).toBe(1)
        writeFileSync(
          join(path, "farmops-plugins.yaml"),
          "socket_directory: { path: ., token_file: token, plugins: [acme/other] }"
        )
        yield* (yield* PluginRuntime).reload
        yield* until(Effect.map(expired, (count) => count === 1))
        expect((yield* AgentStatus).state.value.last_error?.code).toBe("observations_expired")
      }).pipe(Effect.provide(layerAgent(path)))
    }).pipe(Effect.scoped)
  )
})
