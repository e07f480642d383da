/** A folder that is gone when the test's scope closes. */

import { mkdtempSync, realpathSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"

export const temporaryFolder = Effect.acquireRelease(
  Effect.sync(() => realpathSync(mkdtempSync(join(tmpdir(), "farmops-core-")))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)
