/**
 * Copies the SQLite driver into `@farmops/core`'s dist. The driver works with our `effect` only after `patches/`, and a patch
 * does not reach people who install from npm: for them the module that names the driver finds it beside itself.
 * Started in packages/core after tsc.
 */
import { globSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, isAbsolute, relative } from "node:path"
import { defineConfig } from "rolldown"
import { thirdPartyNotices } from "./scripts/thirdPartyNotices.ts"

const driver = "@effect/sql-sqlite-node"
const copy = "dist/internal/sqliteDriver.js"

export default defineConfig({
  input: driver,
  platform: "node",
  // Only the driver's own modules are copied: a second effect would be a second set of services.
  external: (id) => id !== driver && !id.startsWith(".") && !isAbsolute(id),
  plugins: [
    thirdPartyNotices("sqliteDriver"),
    {
      name: "point-at-the-copy",
      writeBundle() {
        for (const file of globSync("dist/**/*.js")) {
          const text = readFileSync(file, "utf8")
          if (file === copy || !text.includes(`from "${driver}"`)) continue
          const path = relative(dirname(file), copy)
          writeFileSync(
            file,
            text.replaceAll(`from "${driver}"`, `from "${path.startsWith(".") ? path : `./${path}`}"`)
          )
        }
      }
    }
  ],
  output: { file: copy, format: "esm", comments: { legal: true } }
})
