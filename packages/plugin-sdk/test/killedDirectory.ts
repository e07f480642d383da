/** Makes a plugin's folder, prints where it lies, and ends as if it was killed; or clears away what another has left. */
import { Effect } from "effect"
import { clearLeftDirectories, pluginDirectory } from "../src/runtime/launch/pluginDirectory.ts"

const stay = Effect.flatMap(pluginDirectory("farmops/odd"), (path) =>
  Effect.sync(() => {
    console.log(path)
    process.exit(0)
  })
)

await Effect.runPromise(process.argv[2] === "clears" ? clearLeftDirectories : Effect.scoped(stay))
