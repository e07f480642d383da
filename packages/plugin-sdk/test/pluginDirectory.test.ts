import { execFileSync } from "node:child_process"
import {
  chmodSync,
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
import { basename, join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { runProcess } from "@farmops/core/process/runProcess"
import { ConfigProvider, Effect, Logger } from "effect"
import { readProcStat } from "../src/runtime/confine/procStat.ts"
import { pluginDirectory } from "../src/runtime/launch/pluginDirectory.ts"

const program = fileURLToPath(new URL("lockedDirectory.ts", import.meta.url))
const killed = fileURLToPath(new URL("killedDirectory.ts", import.meta.url))

/** More than a path may be long, which only whoever goes from folder to folder can make or remove. */
const nest = (folder: string) =>
  execFileSync(
    process.execPath,
    ["-e", 'for (let depth = 0; depth < 600; depth++) { fs.mkdirSync("dddddddd"); process.chdir("dddddddd") }'],
    { cwd: folder }
  )

/** Removes one whose plugin did `harm` to it. */
const left = (harm: (folder: string) => void) =>
  Effect.scoped(Effect.tap(pluginDirectory("farmops/odd"), (folder) => Effect.sync(() => harm(folder))))

describe("a plugin's folder", () => {
  it.live("is gone at the end, however deep it has become, and nothing that it links to", () =>
    Effect.gen(function* () {
      const elsewhere = mkdtempSync(join(tmpdir(), "elsewhere-"))
      writeFileSync(join(elsewhere, "file"), "x")
      const folder = yield* left((path) => {
        symlinkSync(elsewhere, join(path, "link"))
        nest(path)
      })
      assert.isFalse(existsSync(folder))
      assert.isTrue(existsSync(join(elsewhere, "file")))
      rmSync(elsewhere, { recursive: true })
    })
  )

  // Root may do everything, so it becomes somebody who may not.
  it.live("is gone at the end where its plugin has taken all permissions from it", (context) =>
    Effect.gen(function* () {
      const folder = mkdtempSync(join(tmpdir(), "locked-"))
      chmodSync(folder, 0o777)
      const run = (command: string, args: ReadonlyArray<string>) =>
        runProcess(command, args, {
          cwd: "/",
          env: { TMPDIR: folder, HOME: folder },
          timeoutMs: 30_000,
          outputBytesMax: 1_000
        })
      const nobody = process.getuid?.() === 0 ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : []
      const [command = "", ...args] = [...nobody, process.execPath]
      const reaches = yield* Effect.result(run(command, [...args, "-e", `fs.readFileSync(${JSON.stringify(program)})`]))
      if (reaches._tag === "Failure" || reaches.success.exitCode !== 0) {
        rmSync(folder, { recursive: true })
        return context.skip("there is no setpriv (apt-get install util-linux), or only root reaches this clone")
      }
      const { stderr, stdout } = yield* run(command, [...args, "--conditions=@farmops/source", program])
      assert.strictEqual(new TextDecoder().decode(stdout), "gone", stderr)
      rmSync(folder, { recursive: true })
    })
  )

  it.live("that cannot be removed is left, with a warning, and fails nobody", () =>
    Effect.gen(function* () {
      const warnings: Array<unknown> = []
      const logger = Logger.make(({ message }) => void warnings.push(message))
      const folder = yield* left((path) => {
        mkdirSync(join(path, "deep"))
        nest(join(path, "deep"))
      }).pipe(
        Effect.provide(Logger.layer([logger])),
        // No program is found there that could.
        Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromUnknown({ PATH: "/nowhere" }))
      )
      assert.isTrue(existsSync(folder))
      assert.deepStrictEqual(warnings.flat(), ["The folder of a plugin that has ended cannot be removed"])
      execFileSync("rm", ["-rf", folder])
    })
  )

  it.live("that an agent left when it was killed is removed by the next, and nobody else's", () =>
    Effect.gen(function* () {
      const parent = mkdtempSync(join(tmpdir(), "left-"))
      const agent = (then: string) =>
        execFileSync(process.execPath, ["--conditions=@farmops/source", killed, then], {
          env: { ...process.env, TMPDIR: parent },
          encoding: "utf8"
        })
      const made = agent("stays").trim()
      assert.deepStrictEqual(readdirSync(parent).sort(), [basename(made), `${basename(made)}.owner`])
      const self = readFileSync(`${made}.owner`, "utf8")
      // One of a process that lives, one that came from elsewhere, one that nobody claims.
      const kept = ["aaaaaa", "bbbbbb", "cccccc"].map((name) => join(parent, `farmops-plugin-${name}`))
      for (const path of kept) mkdirSync(path)
      const started = readProcStat(process.pid)?.startedAt
      writeFileSync(`${kept[0]}.owner`, self.replace(/ .*/s, ` ${process.pid} ${started}`))
      writeFileSync(`${kept[1]}.owner`, self.replace(/^\S+/, "pid:[1]"))
      // Its number came back.
      const again = join(parent, "farmops-plugin-dddddd")
      mkdirSync(join(again, "in"), { recursive: true })
      writeFileSync(`${again}.owner`, self.replace(/ .*/s, ` ${process.pid} 1`))
      agent("clears")
      const left = readdirSync(parent).sort()
      assert.deepStrictEqual(
        left,
        [kept[0], `${kept[0]}.owner`, kept[1], `${kept[1]}.owner`, kept[2]].map((path) => basename(path ?? ""))
      )
      rmSync(parent, { recursive: true })
    })
  )
})
