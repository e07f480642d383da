/**
 * Tries the packages as a stranger gets them: packs each, judges the tarballs with publint and attw, installs them into an empty
 * project beside nothing of ours, and type-checks and runs the examples there against `dist`.
 */
import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { copyFileSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join, relative, resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { publint } from "publint"
import { formatMessage } from "publint/utils"
import { findOldNode } from "../conformance/oldNode.ts"

interface Packed {
  readonly name: string
  readonly tarball: string
  readonly folder: string
  readonly bins: ReadonlyArray<string>
  readonly manifest: Record<string, unknown>
}

const root = resolve(".")
const work = mkdtempSync(join(tmpdir(), "farmops-pack-"))
const faults: Array<string> = []

const say = (line: string) => console.log(line)
const expect = (ok: boolean, what: string) => {
  if (!ok) faults.push(what)
  say(`${ok ? "ok" : "FAULT"}: ${what}`)
}

/** No condition of the clone and no npm setting of it: a stranger has neither. */
const strangersEnv = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => name !== "NODE_OPTIONS" && !name.startsWith("npm_config_node_options"))
)

const run = (command: string, args: ReadonlyArray<string>, cwd: string) =>
  spawnSync(command, args, {
    cwd,
    env: strangersEnv,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 5 * 60_000
  })

const last = (text: string) => text.trim().split("\n").slice(-15).join("\n")

const pack = (folder: string): Packed => {
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))
  const done = run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", work], folder)
  if (done.status !== 0) throw new Error(`npm pack in ${folder}: ${done.stderr}`)
  const listed: unknown = JSON.parse(done.stdout)
  const [entry] = Array.isArray(listed) ? listed : Object.values(listed as object)
  return {
    name: manifest.name,
    tarball: join(work, entry.filename),
    folder,
    bins: Object.keys(manifest.bin ?? {}),
    manifest
  }
}

/** attw cannot follow a `./*` export, so it is told every module that has types. */
const entrypoints = ({ folder, manifest }: Packed): ReadonlyArray<string> => {
  const exported = Object.entries((manifest.exports as object) ?? {})
  return exported.some(([name]) => name === "./*")
    ? globSync("**/*.d.ts", { cwd: join(folder, "dist") })
        .filter((file) => !file.startsWith("internal/"))
        .map((file) => file.replace(/\.d\.ts$/, ""))
    : exported.filter(([, target]) => Object.hasOwn(target, "types")).map(([name]) => name.slice(2))
}

const judge = async (packed: Packed): Promise<void> => {
  const bytes = readFileSync(packed.tarball)
  const { messages, pkg } = await publint({
    strict: true,
    pack: { tarball: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) }
  })
  for (const message of messages) say(`  ${formatMessage(message, pkg) ?? message.code}`)
  expect(messages.length === 0, `publint has nothing to say of ${packed.name}`)

  const attw = run(
    "npx",
    [
      ...["-y", "@arethetypeswrong/cli@0.18.5", packed.tarball, "--profile", "esm-only", "--format", "ascii"],
      ...["--no-color", "--entrypoints", ...entrypoints(packed)]
    ],
    work
  )
  if (attw.status !== 0) say(last(attw.stdout + attw.stderr))
  expect(attw.status === 0, `attw has nothing to say of ${packed.name}`)
}

const install = (all: ReadonlyArray<Packed>): string => {
  const project = join(work, "project")
  mkdirSync(project)
  const examples = JSON.parse(readFileSync("examples/package.json", "utf8"))
  const foreign = Object.entries(examples.dependencies).filter(([name]) => !name.startsWith("@farmops/"))
  const own = all.map(({ name, tarball }) => [name, `file:${relative(project, tarball)}`])
  writeFileSync(
    join(project, "package.json"),
    JSON.stringify({
      name: "stranger",
      private: true,
      type: "module",
      dependencies: Object.fromEntries([...own, ...foreign])
    })
  )
  const done = run("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"], project)
  if (done.status !== 0) say(last(done.stdout + done.stderr))
  expect(done.status === 0, "the tarballs install into an empty project")
  return project
}

const tryExamples = (project: string): void => {
  const files = globSync("**/*.ts", { cwd: "examples", exclude: (path) => /node_modules|assembly/.test(path) }).filter(
    (file) => !file.endsWith(".test.ts")
  )
  for (const file of files) {
    mkdirSync(dirname(join(project, file)), { recursive: true })
    copyFileSync(join("examples", file), join(project, file))
  }
  writeFileSync(
    join(project, "tsconfig.json"),
    JSON.stringify({
      compilerOptions: {
        ...{ target: "es2024", module: "nodenext", strict: true, noEmit: true, skipLibCheck: true },
        ...{ allowImportingTsExtensions: true, exactOptionalPropertyTypes: true, types: ["node"] },
        typeRoots: [join(root, "node_modules/@types")]
      },
      include: ["**/*.ts"]
    })
  )
  const types = run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", "."], project)
  if (types.status !== 0) say(last(types.stdout))
  expect(types.status === 0, "the examples type-check against the packed declarations")
  for (const file of files.filter((name) => name.endsWith("main.ts"))) {
    // A plugin waits for an agent and a client for its tracker; their tests start them with one. Here they must load and say
    // what they lack.
    const waits = file.startsWith("write-a-plugin") || file.startsWith("tracker-client")
    const done = run(process.execPath, [file], project)
    const loaded = waits ? !/ERR_MODULE_NOT_FOUND|SyntaxError/.test(done.stderr) : done.status === 0
    if (!loaded) say(last(done.stdout + done.stderr))
    expect(loaded, `examples/${file} runs against dist`)
  }
}

const tryPrograms = (project: string, all: ReadonlyArray<Packed>): void => {
  for (const bin of all.flatMap(({ bins }) => bins).filter((name) => !name.includes("plugin"))) {
    const done = run(process.execPath, [join(project, "node_modules/.bin", bin), "--help"], project)
    if (done.status !== 0) say(last(done.stdout + done.stderr))
    expect(done.status === 0, `${bin} --help runs from the tarball`)
  }
}

/** The driver that works only with our patch must be inside; this opens a database with it. */
const openDatabase = `
import * as Database from "@farmops/core/sql/Database"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
const query = Effect.flatMap(SqlClient.SqlClient, (sql) => sql\`SELECT 1 AS one\`)
const rows = await Effect.runPromise(Effect.provide(query, Database.layer(":memory:")))
process.exitCode = rows[0].one === 1 ? 0 : 1
`

const tryDatabase = (project: string): void => {
  writeFileSync(join(project, "database.mjs"), openDatabase)
  const done = run(process.execPath, ["database.mjs"], project)
  if (done.status !== 0) say(last(done.stderr))
  const named = globSync("node_modules/@farmops/core/dist/**/*.{js,d.ts}", { cwd: project }).filter((file) =>
    /(from|import\() ?"@effect\/sql-sqlite-node/.test(readFileSync(join(project, file), "utf8"))
  )
  expect(done.status === 0 && named.length === 0, "core's dist brings its SQLite driver along")
}

/** The programs need a new Node; whoever only checks proofs may have an older one. */
const tryVerifier = (project: string): void => {
  const verifier = join(project, "verifier.mjs")
  const modules = ["verify", "verifyFile", "NodeBackend", "NobleBackend"]
  writeFileSync(verifier, modules.map((name) => `export * from "@farmops/proof/${name}"\n`).join(""))
  const args = [resolve("conformance/proof/judgeVectors.mjs"), pathToFileURL(verifier).href, resolve("conformance")]
  const here = run(process.execPath, args, project)
  if (here.status !== 0) say(last(here.stderr))
  expect(here.status === 0, "the verifier judges every conformance vector from the tarball")
  const old = findOldNode()
  if (old === null) return
  const there = run(old.path, args, project)
  if (there.status !== 0) say(last(there.stderr))
  expect(there.status === 0 && there.stdout === here.stdout, `it gives the same verdicts on Node ${old.version}`)
}

/** From nothing but tarballs: source, plugin process, chain, tracker, village. */
const tryFarm = async (project: string): Promise<void> => {
  const child = spawn(
    process.execPath,
    [join(project, "node_modules/.bin/farmops"), "up", "--sample", "--port-base", "0", "--data", join(work, "farm")],
    { cwd: project, env: strangersEnv, stdio: ["ignore", "pipe", "pipe"] }
  )
  let printed = ""
  let grown = false
  const limit = setTimeout(() => child.kill("SIGKILL"), 60_000)
  const read = (text: Buffer) => {
    printed += text.toString()
    if (grown || !printed.includes("watching for new work")) return
    grown = true
    child.kill("SIGTERM")
  }
  child.stdout.on("data", read)
  child.stderr.on("data", read)
  const [code] = await once(child, "close")
  clearTimeout(limit)
  const coins = Number(/: ([\d,]+) coins/.exec(printed)?.[1]?.replace(",", "") ?? 0)
  if (code !== 0 || coins === 0) say(last(printed))
  expect(grown && code === 0 && coins > 0, "farmops up grows a sample farm from the tarballs and stops cleanly")
}

const built = spawnSync("turbo", ["run", "build", "--output-logs=errors-only"], {
  stdio: ["ignore", "inherit", "inherit"]
})
expect(built.status === 0, "every package builds")
if (built.status === 0) {
  const all = globSync("{packages,hosts,plugins}/*/package.json")
    .sort()
    .map((file) => dirname(file))
    .filter((folder) => JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).private !== true)
    .map(pack)
  for (const packed of all) await judge(packed)
  const project = install(all)
  tryExamples(project)
  tryPrograms(project, all)
  tryDatabase(project)
  tryVerifier(project)
  await tryFarm(project)
}
rmSync(work, { recursive: true, force: true })
say(faults.length === 0 ? "packages: fit to publish" : `packages: ${faults.length} faults`)
process.exitCode = faults.length === 0 ? 0 : 1
