/** Starts a plugin, prints its process's number, and kills itself. */
import { writeSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { Effect } from "effect"
import { startPlugin } from "../src/runtime/PluginProcess.ts"

const program = fileURLToPath(new URL("./servedOddPlugin.ts", import.meta.url))

const run = Effect.gen(function* () {
  const plugin = yield* startPlugin(
    { id: "farmops/odd", command: process.execPath, args: ["--conditions=@farmops/source", program] },
    { confinement: "process" }
  )
  writeSync(1, String(plugin.pid()))
  process.kill(process.pid, "SIGKILL")
  return yield* Effect.never
})

await Effect.runPromise(Effect.scoped(run))
