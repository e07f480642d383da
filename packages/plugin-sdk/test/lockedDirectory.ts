/** Makes a plugin's folder, takes all permissions from it and from one inside, and prints whether it is gone at the end. */
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { pluginDirectory } from "../src/runtime/launch/pluginDirectory.ts"

const path = await Effect.runPromise(
  Effect.scoped(
    Effect.tap(pluginDirectory("farmops/odd"), (folder) =>
      Effect.sync(() => {
        mkdirSync(join(folder, "inside", "more"), { recursive: true })
        writeFileSync(join(folder, "inside", "more", "file"), "x")
        chmodSync(join(folder, "inside"), 0)
        chmodSync(folder, 0)
      })
    )
  )
)
process.stdout.write(existsSync(path) ? "there" : "gone")
