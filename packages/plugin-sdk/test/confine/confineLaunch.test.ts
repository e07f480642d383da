import { once } from "node:events"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it, layer } from "@effect/vitest"
import { runProcess } from "@farmops/core/process/runProcess"
import { startProcess } from "@farmops/core/process/startProcess"
import { Context, Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { confineLaunch, type WantedConfinement } from "../../src/runtime/confine/confineLaunch.ts"
import { type Confinement, detectConfinement } from "../../src/runtime/confine/detectConfinement.ts"
import { allPids } from "../../src/runtime/confine/procStat.ts"
import { terminateConfined } from "../../src/runtime/confine/terminate.ts"

const program = new URL("tryEverything.ts", import.meta.url).pathname

class Ground extends Context.Service<
  Ground,
  { readonly machine: Confinement; readonly port: number; readonly folder: string }
>()("test/Ground") {
  static readonly layer = Layer.effect(
    Ground,
    Effect.gen(function* () {
      const machine = yield* detectConfinement
      const folder = yield* Effect.acquireRelease(
        Effect.sync(() => mkdtempSync(join(tmpdir(), "confine-"))),
        (path) => Effect.sync(() => rmSync(path, { recursive: true }))
      )
      for (const name of ["data", "socket", "outside"]) mkdirSync(join(folder, name), { mode: 0o700 })
      writeFileSync(join(folder, "data", "agent.key"), "secret")
      const server = yield* Effect.acquireRelease(
        Effect.callback<ReturnType<typeof createServer>>((resume) => {
          const made = createServer((socket) => socket.destroy())
          made.listen(0, "127.0.0.1", () => resume(Effect.succeed(made)))
        }),
        (made) => Effect.callback<void>((resume) => void made.close(() => resume(Effect.void)))
      )
      const address = server.address()
      return { machine, folder, port: typeof address === "object" && address !== null ? address.port : 0 }
    })
  )
}

const attempt = Effect.fnUntraced(function* (wanted: WantedConfinement, change: Partial<Confinement> = {}) {
  const { folder, machine, port } = yield* Ground
  const socketDirectory = join(folder, "socket")
  const launch = yield* confineLaunch(
    {
      command: process.execPath,
      args: [program, join(folder, "data", "agent.key"), join(folder, "outside"), String(port), socketDirectory],
      env: { TOKEN: "one time" },
      cwd: socketDirectory,
      socketDirectory
    },
    {
      machine: { ...machine, ...change },
      wanted,
      limits: { openFiles: 200, processes: 16, memoryBytes: 256 * 1024 * 1024 }
    }
  )
  const { cwd, ...rest } = { cwd: socketDirectory, ...launch }
  const result = yield* runProcess(rest.command, rest.args, {
    cwd,
    env: rest.env,
    timeoutMs: 20_000,
    outputBytesMax: 65_536
  })
  if (result.exitCode !== 0) return yield* Effect.die(new Error(result.stderr))
  return { level: launch.level, args: launch.args, did: JSON.parse(Buffer.from(result.stdout).toString()) }
})

const hold = (machine: Confinement, folder: string, args: ReadonlyArray<string>) =>
  confineLaunch(
    { command: process.execPath, args, env: {}, cwd: folder, socketDirectory: folder },
    { machine, wanted: "bubblewrap", limits: { openFiles: 200, processes: 16 } }
  )

const readCommand = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1")
  } catch {
    return ""
  }
}

const everyLevel = { writesInside: true, fillsDisk: false, token: "one time", openFiles: 200 }

layer(Ground.layer)("confineLaunch", (it) => {
  it.effect("limits files, size and memory of a mere process, and says that it holds nothing else", () =>
    Effect.gen(function* () {
      const { did, level } = yield* attempt("process")
      expect(level).toBe("process")
      expect(did).toMatchObject({
        ...everyLevel,
        readsHost: true,
        readsKey: true,
        writesOutside: true,
        connects: true,
        starts: true
      })
      expect(did.mibOfMemory).toBeLessThan(640)
    })
  )

  it.effect("keeps a Node under the permission model from files and programs, but not from the network", () =>
    Effect.gen(function* () {
      const { did, level } = yield* attempt("permission")
      expect(level).toBe("permission")
      expect(did).toMatchObject({
        ...everyLevel,
        openFiles: 0,
        readsHost: false,
        readsKey: false,
        writesOutside: false,
        changesDevice: false,
        changesItself: false,
        changesMachine: false,
        starts: false
      })
      expect(did.connects).toBe(true)
      expect(did.mibOfMemory).toBeLessThan(640)
    })
  )

  it.effect("keeps a sandboxed plugin from files, network, shared memory and the sight of other processes", (context) =>
    Effect.gen(function* () {
      const { machine } = yield* Ground
      const lack = machine.missing.find(({ level }) => level === "bubblewrap")
      if (lack !== undefined) return context.skip(`bubblewrap: ${lack.why}; ${lack.install ?? ""}`)
      const { args, did, level } = yield* attempt("auto")
      expect(level).toBe("bubblewrap")
      expect(did).toMatchObject({
        ...everyLevel,
        readsHost: false,
        readsKey: false,
        writesOutside: false,
        connects: false,
        seesProcesses: false,
        sharedMemory: false,
        changesDevice: false,
        changesItself: false,
        changesMachine: false,
        fillsScratch: false
      })
      expect(did.mibOfMemory).toBeLessThan(640)
      expect(args.join(" ")).not.toContain("one time")
      expect(did.variables).toEqual(["HOME", "LANG", "LC_ALL", "PATH", "PWD", "TMPDIR", "TOKEN"])
    })
  )

  it.effect("asks a sandboxed program to stop, and not only its sandbox", (context) =>
    Effect.gen(function* () {
      const { folder, machine } = yield* Ground
      const lack = machine.missing.find(({ level }) => level === "bubblewrap")
      if (lack !== undefined) return context.skip(`bubblewrap: ${lack.why}; ${lack.install ?? ""}`)
      const code = "process.on('SIGTERM', () => process.exit(42)); console.log('up'); setInterval(() => {}, 1e6)"
      const launch = yield* hold(machine, folder, ["-e", code])
      const child = yield* startProcess(launch.command, launch.args, { cwd: folder })
      yield* Effect.promise(() => once(child.stdout ?? child, "data"))
      const ended = once(child, "exit")
      terminateConfined(child.pid ?? 0, launch.level)
      const [status] = yield* Effect.promise(() => ended)
      expect(status).toBe(42)
    })
  )

  it.effect("ends a sandboxed program with its agent, however that ends", (context) =>
    Effect.gen(function* () {
      const { folder, machine } = yield* Ground
      const lack = machine.missing.find(({ level }) => level === "bubblewrap")
      if (lack !== undefined) return context.skip(`bubblewrap: ${lack.why}; ${lack.install ?? ""}`)
      const mark = `orphan-${process.pid}`
      // It waits for no end of its standard input.
      const { args, command } = yield* hold(machine, folder, ["-e", "setInterval(() => {}, 1e6)", mark])
      const agent = `const { spawn } = require("node:child_process")
        spawn(${JSON.stringify(command)}, ${JSON.stringify(args)}, { detached: true, stdio: "ignore" })
        setTimeout(() => process.kill(process.pid, "SIGKILL"), 500)`
      const { exitCode } = yield* runProcess(process.execPath, ["-e", agent], {
        ...{ cwd: folder, timeoutMs: 20_000, outputBytesMax: 1_024 }
      })
      expect(exitCode).toBe(128)
      const left = () => allPids().filter((pid) => readCommand(pid).includes(mark))
      yield* TestClock.withLive(
        Effect.sleep("20 millis").pipe(Effect.repeat({ while: () => left().length > 0 }), Effect.timeout("5 seconds"))
      )
    })
  )

  it.effect("calls nothing permission that its arguments or its environment may have widened", () =>
    Effect.gen(function* () {
      const { folder, machine } = yield* Ground
      const confined = (
        args: ReadonlyArray<string>,
        env: Readonly<Record<string, string>>,
        wanted: WantedConfinement
      ) =>
        confineLaunch(
          { command: process.execPath, args: [...args, program], env, cwd: folder, socketDirectory: folder },
          {
            machine: { ...machine, levels: ["permission", "process"] },
            wanted,
            limits: { openFiles: 200, processes: 16 }
          }
        )
      const widened = { NODE_OPTIONS: "--allow-fs-read=*" }
      for (const [args, env] of [
        [["--allow-fs-read=*"], {}],
        [[], widened]
      ] as const) {
        expect((yield* confined(args, env, "auto")).level).toBe("process")
        const { message } = yield* Effect.flip(confined(args, env, "permission"))
        expect(message).toMatch(/may widen Node's permission model/)
      }
      expect((yield* confined(["--no-warnings"], { NODE_ENV: "test" }, "auto")).level).toBe("permission")
    })
  )

  it.effect("refuses a level that the machine cannot reach, and says what would install it", () =>
    Effect.gen(function* () {
      const missing = {
        level: "bubblewrap",
        why: "it is not installed",
        install: "apt-get install bubblewrap"
      } as const
      const error = yield* Effect.flip(
        attempt("bubblewrap", { levels: ["permission", "process"], missing: [missing], bubblewrap: null })
      )
      expect(error).toMatchObject({
        _tag: "ConfinementUnavailable",
        ...{ wanted: "bubblewrap", why: missing.why, install: missing.install }
      })
    })
  )

  it.effect("calls a program none that nothing could be done for", () =>
    Effect.gen(function* () {
      const { did, level } = yield* attempt("auto", { levels: [], bubblewrap: null, prlimit: null, node: null })
      expect(level).toBe("none")
      expect(did.readsKey).toBe(true)
    })
  )
})

describe("detectConfinement", () => {
  it.effect("names each level either as reached or as missing with a reason", () =>
    Effect.gen(function* () {
      const { levels, missing } = yield* detectConfinement
      expect([...levels, ...missing.map(({ level }) => level)].sort()).toEqual(["bubblewrap", "permission", "process"])
      for (const { why } of missing) expect(why).not.toBe("")
      expect(existsSync("/proc/self")).toBe(
        levels.includes("process") || missing.some(({ level }) => level === "process")
      )
    })
  )
})
