import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { startProcess } from "@farmops/core/process/startProcess"
import { Effect, Exit, Scope } from "effect"
import { exceededBy, type GuardLimits, guardProcess, makeCpuWindow } from "../../src/runtime/confine/guardProcess.ts"
import { allPids, readProcStat } from "../../src/runtime/confine/procStat.ts"

const mib = 1024 * 1024
const roomy: GuardLimits = { memoryBytes: 2_000 * mib, cpuPercent: 800, processes: 50, diskBytes: 64 * mib }

const guarded = Effect.fnUntraced(function* (
  command: string,
  args: ReadonlyArray<string>,
  changes: Partial<GuardLimits>
) {
  const marker = `MARK=${Math.random()}`
  const [name = "", value = ""] = marker.split("=")
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "guarded-"))),
    (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
  )
  const child = yield* startProcess(command, args, { cwd: folder, env: { [name]: value }, stdin: true })
  const pid = child.pid ?? 0
  const guard = yield* guardProcess({ pid, marker, folder, limits: { ...roomy, ...changes } })
  return { child, guard, pid, marker }
})

const node = (code: string) => [process.execPath, ["-e", code]] as const
// Seconds that no other run sleeps.
const [one, two] = [`4242.${process.pid}`, `4343.${process.pid}`]

const alive = (pid: number) => readProcStat(pid)?.alive === true
const commandsWith = (word: string) => allPids().filter((pid) => alive(pid) && spawnedWith(pid, word))
const spawnedWith = (pid: number, word: string) => {
  const { readFileSync } = process.getBuiltinModule("node:fs")
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1").includes(word)
  } catch {
    return false
  }
}
const until = (condition: () => boolean) =>
  Effect.sleep("20 millis").pipe(Effect.repeat({ while: () => !condition() }), Effect.timeout("10 seconds"))

describe("guardProcess", () => {
  it.live("kills what grows to a gigabyte, long before it is there", () =>
    Effect.gen(function* () {
      const grow = "const held = []; setInterval(() => held.push(Buffer.alloc(32 << 20, 1)), 5)"
      const { guard, pid } = yield* guarded(...node(grow), { memoryBytes: 200 * mib })
      const over = yield* guard.exceeded
      assert.strictEqual(over.limit, "memory")
      assert.isAbove(over.measured, 200 * mib)
      assert.isBelow(over.measured, 800 * mib)
      yield* until(() => !alive(pid))
    })
  )

  it.live("counts the memory of children, and kills them too", () =>
    Effect.gen(function* () {
      const word = `kin${process.pid}`
      const child = `const held = Buffer.alloc(64 << 20, 1); setInterval(() => held, 1e6); '${word}'`
      const parent = `for (let i = 0; i < 3; i++) require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(child)}]); setInterval(() => {}, 1e6)`
      const { guard } = yield* guarded(...node(parent), { memoryBytes: 280 * mib })
      assert.strictEqual((yield* guard.exceeded).limit, "memory")
      yield* until(() => commandsWith(word).length === 0)
    })
  )

  it.live("kills a crowd of processes", () =>
    Effect.gen(function* () {
      const { guard, pid } = yield* guarded("/bin/sh", ["-c", `while :; do sleep ${one} & done`], { processes: 20 })
      assert.strictEqual((yield* guard.exceeded).limit, "processes")
      yield* until(() => !alive(pid) && commandsWith(one).length === 0)
    })
  )

  it.live.each<[string, string]>([
    ["in many files", "fs.writeFileSync(`part${count++}`, part)"],
    [
      "in folders within folders",
      "fs.mkdirSync(`in${count}`); process.chdir(`in${count++}`); fs.writeFileSync('part', part)"
    ],
    [
      "in files that it has removed",
      "held.push(fs.openSync('part', 'w')); fs.rmSync('part'); fs.writeSync(held.at(-1), part)"
    ],
    [
      "in more files than anybody counts",
      "for (let each = 0; each < 100; each++) fs.writeFileSync(`empty${count++}`, '')"
    ]
  ])("kills what fills its folder %s", ([, step]) =>
    Effect.gen(function* () {
      // Two hundred steps are far too much, and no more than a disk can bear where nobody kills it.
      const start = `let count = 0; let left = 200; const held = []; const part = Buffer.alloc(${mib}, 1);`
      const fill = `${start} setInterval(() => { if (left-- > 0) { ${step} } }, 20)`
      const { guard, pid } = yield* guarded(...node(fill), { diskBytes: 8 * mib })
      assert.strictEqual((yield* guard.exceeded).limit, "disk")
      yield* until(() => !alive(pid))
    })
  )

  it.live("kills what uses the processor for longer than a start takes", () =>
    Effect.gen(function* () {
      // Half a second in half a minute.
      const { guard } = yield* guarded(...node("for (;;);"), { cpuPercent: 2 })
      const over = yield* guard.exceeded
      assert.strictEqual(over.limit, "cpu")
    })
  )

  it.live("kills at the end of its scope whoever left the session, the parent and the group behind", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const stray = `setsid setsid sleep ${one} & sleep 0.05; (setsid sleep ${two} &) ; sleep 100`
      const { guard } = yield* Scope.provide(guarded("/bin/sh", ["-c", stray], {}), scope)
      yield* until(() => commandsWith(one).length > 0 && commandsWith(two).length > 0 && guard.usage() !== null)
      yield* Scope.close(scope, Exit.void)
      yield* until(() => commandsWith(one).length + commandsWith(two).length === 0)
    })
  )

  it.live("leaves a modest process and its neighbours alone", () =>
    Effect.gen(function* () {
      const neighbour = spawn("sleep", ["4545"], { detached: true })
      const { child, guard, pid } = yield* guarded(...node("setInterval(() => {}, 1e6)"), {})
      yield* until(() => (guard.usage()?.rssBytes ?? 0) > 20 * mib)
      assert.strictEqual(guard.usage()?.processes, 1)
      assert.isTrue(alive(pid))
      yield* until(() => alive(neighbour.pid ?? 0))
      assert.isNull(child.exitCode)
      neighbour.kill()
    })
  )
})

describe("makeCpuWindow", () => {
  it("forgets what was used more than half a minute ago", () => {
    const percentAt = makeCpuWindow(0)
    assert.strictEqual(percentAt(1_000, 900), 3)
    assert.strictEqual(percentAt(30_000, 3_000), 10)
    assert.strictEqual(percentAt(45_000, 3_000), 7)
    assert.strictEqual(percentAt(90_000, 3_000), 0)
  })

  it("asks for a long time at full speed before it calls it too much", () => {
    const percentAt = makeCpuWindow(0)
    const usage = (at: number) => ({ rssBytes: 0, processes: 1, diskBytes: 0, cpuPercent: percentAt(at, at) })
    const limits = { ...roomy, cpuPercent: 50 }
    assert.isNull(exceededBy(usage(14_000), limits))
    assert.strictEqual(exceededBy(usage(16_000), limits)?.limit, "cpu")
  })
})
