import { createHash } from "node:crypto"
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect } from "effect"
import { resolveProgram } from "../src/runtime/launch/resolveProgram.ts"
import { manifestIn, runtimeProgram, settled, temporaryFolder, withRuntime } from "./runtimeFixture.ts"

const digestOf = (file: string) => createHash("sha256").update(readFileSync(file)).digest("hex")

const manifest = (folder: string, exec: object, more: object = {}) =>
  manifestIn(
    folder,
    JSON.stringify({
      plugins: [{ id: "farmops/odd", exec, confinement: "process", restart: { crash_budget: 0 }, ...more }]
    })
  )

/** A program of that name that is a good plugin, and one that only leaves a mark. */
const twoPrograms = Effect.gen(function* () {
  const folder = yield* temporaryFolder
  const mark = join(folder, "mark")
  const write = (name: string, text: string) => {
    mkdirSync(join(folder, name))
    const file = join(folder, name, "plug")
    writeFileSync(file, `#!/bin/sh\n${text}\n`)
    chmodSync(file, 0o755)
    return file
  }
  const good = write("good", `exec ${process.execPath} --conditions=@farmops/source ${runtimeProgram}`)
  const other = write("other", `touch ${mark}`)
  return { folder, good, other, mark }
})

describe("a plugin whose program is pinned", () => {
  it.live("is started from where its digest was taken, whichever PATH knows another of its name", () =>
    Effect.gen(function* () {
      const { folder, good, mark } = yield* twoPrograms
      const environment = [{ PATH: `${join(folder, "good")}:/usr/bin:/bin` }]
      const file = manifest(folder, { command: "plug", digest: digestOf(good) }, { environment })
      const agents = ConfigProvider.fromUnknown({ PATH: `${join(folder, "other")}:${process.env.PATH}` })
      const row = yield* withRuntime(settled(), file).pipe(Effect.provideService(ConfigProvider.ConfigProvider, agents))
      assert.deepInclude(row, { state: "ready", digest: digestOf(good) })
      assert.isFalse(existsSync(mark))
    })
  )

  it.live.each<[string]>([["--env-file"], ["--redirect-warnings"]])(
    "does not run another script behind %s, which takes the pinned one for its value",
    ([option]) =>
      Effect.gen(function* () {
        const { folder, mark } = yield* twoPrograms
        const approved = join(folder, "approved.js")
        const evil = join(folder, "evil.js")
        writeFileSync(approved, "")
        writeFileSync(evil, `require("node:fs").writeFileSync(${JSON.stringify(mark)}, "")`)
        const exec = { command: process.execPath, args: [option, approved, evil], digest: digestOf(approved) }
        const row = yield* withRuntime(settled(), manifest(folder, exec))
        assert.strictEqual(row.state, "deactivated")
        assert.isFalse(existsSync(mark))
      })
  )
})

describe("the arguments of an interpreter", () => {
  const resolved = (...args: ReadonlyArray<string>) => resolveProgram(process.execPath, args, "")

  it("are left alone where its script comes first or nothing tells which it is", () => {
    for (const args of [
      ["/bin/sh", "--port", "1"],
      ["-e", "0"],
      ["--", "/bin/sh"]
    ]) {
      assert.deepStrictEqual(resolved(...args)?.args, args)
    }
  })

  it("end with -- where a script follows, so that no option takes it for a value", () => {
    assert.deepStrictEqual(resolved("--no-warnings", "/bin/sh", "-x")?.args, ["--no-warnings", "--", "/bin/sh", "-x"])
    assert.deepStrictEqual(resolved("-r", "/a.js", "/bin/sh")?.args, ["-r", "/a.js", "--", "/bin/sh"])
  })
})
