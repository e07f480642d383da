/** Tells the commands beside a running `up` where it is. The file goes away with it; after a kill it points at nothing, which they say. */
import { Effect, FileSystem, Path } from "effect"
import type { Endpoints } from "../FarmConnection.ts"

/** Writes the file whole, and removes it when the scope closes. */
export const publishEndpoints = Effect.fn("publishEndpoints")(function* (dataDir: string, endpoints: Endpoints) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const file = path.join(dataDir, "endpoints.json")
  const draft = path.join(dataDir, "endpoints.json.new")
  yield* fs.writeFileString(draft, `${JSON.stringify(endpoints, null, 2)}\n`, { mode: 0o600 })
  yield* fs.rename(draft, file)
  yield* Effect.addFinalizer(() => Effect.ignore(fs.remove(file)))
})
