/** Finds test data that is not part of the repository: beside the clone, or where FARMOPS_SHARED_DATA says. */
import { existsSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const root = process.env.FARMOPS_SHARED_DATA ?? fileURLToPath(new URL("../../../../shared/data", import.meta.url))

/** The path, or null after a line that says what is skipped and why. */
export const sharedData = (name: string): string | null => {
  const path = join(root, name)
  if (existsSync(path)) return path
  console.warn(`SKIPPED: no ${path}; set FARMOPS_SHARED_DATA to the directory that holds ${name}`)
  return null
}
