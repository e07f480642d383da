/** Starts a runtime over the manifest that it is given, prints the numbers of its processes, and kills itself. */
import { writeSync } from "node:fs"
import { NodeServices } from "@effect/platform-node"
import { Effect, Layer } from "effect"
import { layerPluginRuntime } from "../src/runtime/layerPluginRuntime.ts"
import { loadPluginManifest } from "../src/runtime/loadPluginManifest.ts"
import { settled } from "./runtimeFixture.ts"

const run = Effect.gen(function* () {
  const { pid } = yield* settled()
  writeSync(1, String(pid))
  process.kill(process.pid, "SIGKILL")
  return yield* Effect.never
})

const layer = layerPluginRuntime(loadPluginManifest(process.argv[2] ?? "", {})).pipe(Layer.provide(NodeServices.layer))
await Effect.runPromise(Effect.provide(run, layer))
