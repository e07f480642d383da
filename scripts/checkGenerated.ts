/** Makes the code from `proto/` and the verifier's page anew and fails when they differ from what is committed. */
import { spawnSync } from "node:child_process"
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { makeVerifierPage, verifierPageFile } from "./verifierPage.ts"

const generated = "packages/*/src/gen/**/*.ts"
const read = (root: string) =>
  new Map(globSync(generated, { cwd: root }).map((file) => [file, readFileSync(join(root, file), "utf8")]))

const folder = mkdtempSync(join(tmpdir(), "farmops-gen-"))
const made = spawnSync("buf", ["generate", "-o", folder], { stdio: ["ignore", "inherit", "inherit"] })
const fresh = read(folder)
const committed = read(".")
rmSync(folder, { recursive: true, force: true })

const changed = [...new Set([...committed.keys(), ...fresh.keys()])].filter(
  (file) => committed.get(file) !== fresh.get(file)
)
for (const file of changed) console.error(`${file}: differs from what proto/ makes; run npm run gen and commit it`)
if (fresh.size === 0) console.error("buf made no code")
const committedPage = existsSync(verifierPageFile) ? readFileSync(verifierPageFile, "utf8") : null
const staleFiles = [...changed]
if (committedPage !== (await makeVerifierPage())) {
  staleFiles.push(verifierPageFile)
  console.error(`${verifierPageFile}: differs from its sources; run node scripts/verifierPage.ts and commit it`)
}
console.log(`generated: ${fresh.size + 1} files, ${staleFiles.length} differ`)
process.exitCode = made.status === 0 && staleFiles.length === 0 && fresh.size > 0 ? 0 : 1
