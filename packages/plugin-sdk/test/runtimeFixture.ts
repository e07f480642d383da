/** A runtime over a manifest that a test writes, and the way to wait for what becomes of its plugins. */
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { NodeServices } from "@effect/platform-node"
import { Effect, Layer, Logger, Stream, SubscriptionRef } from "effect"
import { layerPluginRuntime } from "../src/runtime/layerPluginRuntime.ts"
import { loadPluginManifest } from "../src/runtime/loadPluginManifest.ts"
import { PluginRuntime, type PluginStatus } from "../src/runtime/PluginRuntime.ts"
import { defaultPace, type Pace } from "../src/runtime/supervise/superviseUnit.ts"
import type { Oddity } from "./runtimeProgram.ts"

export const runtimeProgram = fileURLToPath(new URL("./runtimeProgram.ts", import.meta.url))

export const temporaryFolder = Effect.acquireRelease(
  Effect.sync(() => realpathSync(mkdtempSync(join(tmpdir(), "farmops-runtime-")))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

/** The flow form of an `exec`. */
export const exec = (oddity: Oddity = {}): string =>
  JSON.stringify({
    command: process.execPath,
    args: ["--conditions=@farmops/source", runtimeProgram, JSON.stringify(oddity)]
  })

/** One plugin of a manifest, as a process. */
export const entry = (oddity: Oddity = {}, more = ""): string =>
  ["plugins:", "  - id: farmops/odd", `    exec: ${exec(oddity)}`, "    confinement: process", more].join("\n")

/** Runs the body with the runtime over the manifest in `folder`. */
export const withRuntime = <A, E, R>(
  body: Effect.Effect<A, E, R>,
  file: string,
  pace: Partial<Pace> = {},
  environment: Readonly<Record<string, string>> = {}
) =>
  body.pipe(
    Effect.provide(
      layerPluginRuntime(loadPluginManifest(file, environment), { ...defaultPace, ...pace }).pipe(
        Layer.provide(NodeServices.layer)
      )
    ),
    Effect.provide(Logger.layer([]))
  )

/** The manifest's file, written. */
export const manifestIn = (folder: string, text: string): string => {
  const file = join(folder, "farmops-plugins.yaml")
  writeFileSync(file, text)
  return file
}

/** Waits until a plugin is as it is wanted, and answers with how it is. */
export const statusWhere = Effect.fnUntraced(function* (id: string, isWanted: (status: PluginStatus) => boolean) {
  const { status } = yield* PluginRuntime
  const found = yield* SubscriptionRef.changes(status).pipe(
    Stream.map((all) => all.find((one) => one.id === id)),
    Stream.filter((one) => one !== undefined),
    Stream.filter(isWanted),
    Stream.runHead,
    Effect.timeout("40 seconds")
  )
  return yield* Effect.fromOption(found)
})

export const settled = (id = "farmops/odd") =>
  statusWhere(id, ({ state }) => !["starting", "backoff", "away"].includes(state))

/** The handle of one plugin. */
export const pluginOf = Effect.fnUntraced(function* (id = "farmops/odd") {
  yield* settled(id)
  const { plugins } = yield* PluginRuntime
  return yield* Effect.fromNullishOr((yield* plugins).find((plugin) => plugin.id === id))
})
