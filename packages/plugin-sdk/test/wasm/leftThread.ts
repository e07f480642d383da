/** Starts a module whose thread cannot be ended, asks it, and exits with 0 once that is known. */
import { Effect } from "effect"
import { startWasmPlugin } from "../../src/runtime/wasm/WasmPlugin.ts"
import { observation } from "../observation.ts"

const workerFile = new URL("stuckWorker.ts", import.meta.url)
const limits = { callMsMax: 100, stopMsMax: 100 }

await Effect.runPromise(
  Effect.gen(function* () {
    const plugin = yield* startWasmPlugin({ id: null, module: process.argv[2] ?? "", workerFile, limits })
    yield* Effect.exit(plugin.verify(observation({})))
    yield* plugin.stuck
    process.stdout.write("stuck")
    process.exit(0)
  }).pipe(Effect.scoped)
)
