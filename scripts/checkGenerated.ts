/** Makes the code from `proto/`, the launchers, the verifier's page, the table of routes, the API's reference and the agent protocol's schemas anew and fails when they differ from what is committed. */
import { spawnSync } from "node:child_process"
import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { agentSchemaGlob, makeAgentSchemas } from "./agentSchema.ts"
import { apiReferenceFile, makeApiReference } from "./apiReference.ts"
import { binGlob, makeBins } from "./genBins.ts"
import { makeRouteTable, routeTableFile } from "./routeTable.ts"
import { makeVerifierPage, verifierPageFile } from "./verifierPage.ts"

const read = (glob: string, root: string): ReadonlyMap<string, string> =>
  new Map(globSync(glob, { cwd: root }).map((file) => [file, readFileSync(join(root, file), "utf8")]))

/** The files that differ, said. */
const compare = (made: ReadonlyMap<string, string>, committed: ReadonlyMap<string, string>, from: string): number => {
  const files = [...new Set([...committed.keys(), ...made.keys()])]
  const changed = files.filter((file) => committed.get(file) !== made.get(file))
  for (const file of changed) console.error(`${file}: differs from what ${from} makes; run npm run gen and commit it`)
  return changed.length
}

const code = "packages/*/src/gen/**/*.ts"
const folder = mkdtempSync(join(tmpdir(), "farmops-gen-"))
const buf = spawnSync("buf", ["generate", "-o", folder], { stdio: ["ignore", "inherit", "inherit"] })
const messages = read(code, folder)
rmSync(folder, { recursive: true, force: true })
if (messages.size === 0) console.error("buf made no code")

const bins = makeBins()
const page = new Map([[verifierPageFile, await makeVerifierPage()]])
const table = new Map([[routeTableFile, makeRouteTable()]])
const reference = new Map([[apiReferenceFile, makeApiReference()]])
const schemas = makeAgentSchemas()
const differ =
  compare(messages, read(code, "."), "proto/") +
  compare(bins, read(binGlob, "."), "scripts/bin.js.template") +
  compare(page, read(verifierPageFile, "."), "packages/proof/page") +
  compare(table, read(routeTableFile, "."), "packages/core/src/api") +
  compare(reference, read(apiReferenceFile, "."), "packages/core/src/api") +
  compare(schemas, read(agentSchemaGlob, "."), "packages/triage/src/protocol")
console.log(
  `generated: ${messages.size + bins.size + page.size + table.size + reference.size + schemas.size} files, ${differ} differ`
)
process.exitCode = buf.status === 0 && messages.size > 0 && differ === 0 ? 0 : 1
