/** A folder of a test's own, which nobody else may enter, gone afterwards. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"

export const temporaryFolder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "farmops-source-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)
