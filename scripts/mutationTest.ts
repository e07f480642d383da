/**
 * `npm run test:mutation [-- FILE…]`: changes packages/proof in thousands of small ways and sees whether its tests notice.
 * Works in a copy of the tree. docs/mutation-testing.md says how to read what it prints.
 */
import { spawnSync } from "node:child_process"
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync
} from "node:fs"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import { parseArgs } from "node:util"
import { hunt } from "../tests/parts/mutation/hunt.ts"
import { instrument } from "../tests/parts/mutation/instrument.ts"
import { describe, scoreOf, verdictOf } from "../tests/parts/mutation/report.ts"
import { scoreMin, sources, testFilesLeftOut, tests } from "../tests/parts/mutation/scope.ts"

const root = join(import.meta.dirname, "..")
const parts = join(root, "tests/parts/mutation")
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { workers: { type: "string", default: "2" }, tests: { type: "string", default: tests } }
})

const say = (text: string): void => console.log(`${new Date().toISOString().slice(11, 19)} ${text}`)

const installParts = (): void => {
  if (existsSync(join(parts, "node_modules/.package-lock.json"))) return
  say("installing Stryker's instrumenter (first run)…")
  const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
  const { status } = spawnSync("npm", args, {
    cwd: parts,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32"
  })
  if (status !== 0) throw new Error(`npm ci failed in ${parts}`)
}

/** A copy of what the tests read, in which our own packages are found by name too. */
const makeSandbox = (): string => {
  const sandbox = mkdtempSync(join(tmpdir(), "farmops-mutation-"))
  const copied = [
    "package.json",
    "tsconfig.json",
    "tsconfig.base.json",
    "conformance",
    "docs",
    "packages/proof",
    "tests/parts/mutation"
  ]
  for (const name of copied) {
    cpSync(join(root, name), join(sandbox, name), {
      recursive: true,
      filter: (path) => !["node_modules", "dist"].includes(basename(path))
    })
  }
  const modules = join(sandbox, "node_modules")
  mkdirSync(join(modules, "@farmops"), { recursive: true })
  for (const name of readdirSync(join(root, "node_modules"))) {
    if (!["@farmops", ".vite", ".cache"].includes(name))
      symlinkSync(join(root, "node_modules", name), join(modules, name))
  }
  symlinkSync(join(sandbox, "packages/proof"), join(modules, "@farmops/proof"))
  return sandbox
}

const isAskedFor = (name: string): boolean =>
  positionals.length === 0 ||
  positionals.some((asked) => name === asked || basename(name, ".ts") === basename(asked, ".ts"))

installParts()
const names = globSync(sources, { cwd: root }).filter(isAskedFor).sort()
if (names.length === 0) throw new Error(`no source is called ${positionals.join(", ")}`)
const files = globSync(values.tests, { cwd: root })
  .filter((name) => !testFilesLeftOut.includes(name))
  .sort()
// Test data that lies beside the clone is not beside the copy.
const shared = join(root, "../shared/data")
if (process.env.FARMOPS_SHARED_DATA === undefined && existsSync(shared)) process.env.FARMOPS_SHARED_DATA = shared
const sandbox = makeSandbox()
process.on("exit", () => rmSync(sandbox, { recursive: true, force: true, maxRetries: 9, retryDelay: 100 }))
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    say(`stopped by ${signal}`)
    process.exit(130)
  })
}

// They may change while this runs.
const texts = new Map(names.map((name) => [name, readFileSync(join(sandbox, name), "utf8")]))
const all = await instrument(parts, sandbox, names)
const mutants = all.filter(({ status }) => status !== "Ignored")
say(`${mutants.length} mutants in ${names.length} files; ${all.length - mutants.length} left out (texts of messages)`)
const ledger = await hunt({ sandbox, files, mutants, say, workers: Number(values.workers) })

for (const test of ledger.unrepeatable) console.log(`not used, as it cannot run twice: ${test}`)
for (const name of names) {
  const own = mutants.filter(({ fileName }) => fileName === name)
  const { killed, score, timeout } = scoreOf(ledger, own)
  console.log(`\n${name}: ${killed + timeout} of ${own.length}, ${score} %`)
  for (const mutant of own) {
    const verdict = verdictOf(ledger, mutant)
    if (verdict === "survived" || verdict === "no_coverage") {
      console.log(
        `  ${verdict === "survived" ? "survived   " : "not reached"} ${describe(mutant, texts.get(name) ?? "")}`
      )
    }
  }
}
const score = scoreOf(ledger, mutants)
process.exitCode = score.score >= scoreMin ? 0 : 1
console.log(`\n${score.score} % of ${score.mutants} mutants killed; at least ${scoreMin} % is asked for`)
console.log(JSON.stringify(score))
