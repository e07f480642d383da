import { spawnSync } from "node:child_process"
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Printer } from "../src/Printer.ts"
import { newPlugin, type PluginLanguage } from "../src/pluginNew.ts"

const root = fileURLToPath(new URL("../../..", import.meta.url))

// What Debian ships, whatever else is on the PATH.
const python = "/usr/bin/python3"
const hasPythonGrpc = existsSync("/usr/lib/python3/dist-packages/grpc/__init__.py")
if (!hasPythonGrpc) console.warn("skipped: apt-get install -y python3-grpcio python3-protobuf")

const make = (id: string, language: PluginLanguage, cwd: string) => {
  const printed = Printer.memory({ json: false })
  const made = Effect.provide(newPlugin({ id, language, cwd }), printed.layer)
  return { made, printed }
}

describe("farmops plugin new", () => {
  let cwd: string
  beforeAll(() => {
    cwd = mkdtempSync(join(tmpdir(), "farmops-new-"))
  })
  afterAll(() => rmSync(cwd, { recursive: true, force: true }))

  const run = (command: string, args: ReadonlyArray<string>, folder: string, env: Record<string, string> = {}) =>
    spawnSync(command, [...args], { cwd: folder, encoding: "utf8", timeout: 120_000, env: { ...process.env, ...env } })

  it.effect("makes a TypeScript project, under its own name everywhere, whose tests pass", () =>
    Effect.gen(function* () {
      const { made, printed } = make("acme/disk-check", "ts", cwd)
      yield* made
      assert.match(printed.stdout(), /^acme\/disk-check: \d+ files in disk-check\/\n$/)
      const folder = join(cwd, "disk-check")
      // In the place of `npm install`.
      symlinkSync(join(root, "node_modules"), join(folder, "node_modules"))
      const tested = run(process.execPath, ["--conditions=@farmops/source", "--test"], folder)
      assert.strictEqual(tested.status, 0, tested.stdout + tested.stderr)
      assert.match(tested.stdout, /pass 2/)
      for (const file of readdirSync(folder, { recursive: true, withFileTypes: true })) {
        if (!file.isFile() || file.parentPath.includes("node_modules")) continue
        assert.notInclude(readFileSync(join(file.parentPath, file.name), "utf8"), "my-plugin", file.name)
      }
      assert.isTrue(existsSync(join(folder, ".gitignore")))
    })
  )

  it.effect.skipIf(!hasPythonGrpc)("makes a Python project whose tests pass", () =>
    Effect.gen(function* () {
      yield* make("py-check", "python", cwd).made
      const tested = run(python, ["-m", "unittest"], join(cwd, "py-check"), { PYTHONDONTWRITEBYTECODE: "1" })
      assert.strictEqual(tested.status, 0, tested.stderr)
      assert.match(tested.stderr, /Ran 3 tests/)
    })
  )

  it.effect.each(["My-Plugin", "a/b/c", "../x", "-x", "a b", ""])("refuses the name %j and writes nothing", (id) =>
    Effect.gen(function* () {
      const before = readdirSync(cwd)
      const error = yield* Effect.flip(make(id, "ts", cwd).made)
      assert.strictEqual(error.code, "bad_name")
      assert.deepStrictEqual(readdirSync(cwd), before)
    })
  )

  it.effect("leaves a file of that name as it is, and a link that leads nowhere", () =>
    Effect.gen(function* () {
      writeFileSync(join(cwd, "afile"), "mine")
      symlinkSync(join(cwd, "nowhere"), join(cwd, "alink"))
      for (const id of ["acme/afile", "acme/alink"]) {
        assert.strictEqual((yield* Effect.flip(make(id, "ts", cwd).made)).code, "exists")
      }
      assert.strictEqual(readFileSync(join(cwd, "afile"), "utf8"), "mine")
    })
  )

  it.effect("leaves a folder that has something in it as it is, and takes an empty one", () =>
    Effect.gen(function* () {
      mkdirSync(join(cwd, "full"))
      writeFileSync(join(cwd, "full/mine.txt"), "mine")
      const error = yield* Effect.flip(make("full", "ts", cwd).made)
      assert.strictEqual(error.code, "exists")
      assert.deepStrictEqual(readdirSync(join(cwd, "full")), ["mine.txt"])
      mkdirSync(join(cwd, "empty"))
      yield* make("empty", "ts", cwd).made
      assert.include(readdirSync(join(cwd, "empty")), "package.json")
    })
  )
})
