import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import { Effect, Fiber, Stream } from "effect"
import { type RunOptions, runProcess } from "../src/process/runProcess.ts"
import { streamRecords } from "../src/process/streamRecords.ts"
import { temporaryFolder } from "./temporaryFolder.ts"

const bounds: RunOptions = { cwd: "/", timeoutMs: 20_000, outputBytesMax: 1024 * 1024 }
const sh = (script: string, options: Partial<RunOptions> = {}) =>
  runProcess("sh", ["-c", script], { ...bounds, ...options })
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

/** Waits until a process is gone; a process that stays lets the test run into its time limit. */
const gone = (pid: number) =>
  Effect.gen(function* () {
    // A killed child of a dead parent may be seen as a zombie until somebody reaps it.
    const state = () =>
      existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, "utf8").split(" ")[2] : "X"
    while (!["X", "Z"].includes(state() ?? "X")) yield* Effect.sleep(5)
  })

/** Starts a grandchild that outlives its parent, writes both ids, and waits. */
const family = (file: string) => `sleep 300 & echo "$$ $!" > ${file}; echo started; wait`

const idsIn = (file: string) =>
  Effect.gen(function* () {
    while (!existsSync(file) || !readFileSync(file, "utf8").endsWith("\n")) yield* Effect.sleep(5)
    return readFileSync(file, "utf8").trim().split(" ").map(Number)
  })

describe("a program that is run", () => {
  it.live("gives its output and its status, whatever that is", () =>
    Effect.gen(function* () {
      const { exitCode, stderr, stdout } = yield* sh("echo out; echo err >&2; exit 3")
      expect([exitCode, textOf(stdout), stderr]).toEqual([3, "out\n", "err\n"])
      expect((yield* sh("kill -TERM $$")).exitCode).toBe(128)
    })
  )

  it.live("knows the path, the home, one language and what it was given, and nothing else of our environment", () =>
    Effect.gen(function* () {
      const { stdout } = yield* runProcess("/usr/bin/env", [], { ...bounds, env: { GIVEN: "yes" } })
      const names = textOf(stdout)
        .trim()
        .split("\n")
        .map((line) => line.split("=")[0])
      expect(names.sort()).toEqual(["GIVEN", "HOME", "LANG", "LC_ALL", "PATH"])
      expect(textOf(stdout)).toContain("LANG=C\n")
    })
  )

  it.live("reads what it is given, and an empty input otherwise", () =>
    Effect.gen(function* () {
      expect(textOf((yield* runProcess("cat", [], { ...bounds, stdin: "milk" })).stdout)).toBe("milk")
      expect((yield* runProcess("cat", [], bounds)).stdout).toHaveLength(0)
      // It does not have to read all of it.
      expect((yield* sh("exit 5", { stdin: "x".repeat(1024 * 1024) })).exitCode).toBe(5)
    })
  )

  it.live("is stopped with its children when it takes too long", () =>
    Effect.gen(function* () {
      const file = join(yield* temporaryFolder, "ids")
      const fiber = yield* Effect.forkChild(Effect.flip(sh(family(file), { timeoutMs: 1500 })))
      const ids = yield* idsIn(file)
      expect(yield* Fiber.join(fiber)).toMatchObject({ _tag: "ProcessTimedOut", command: "sh", timeoutMs: 1500 })
      yield* Effect.forEach(ids, gone)
    })
  )

  it.live("is stopped with its children when nobody waits for it any more", () =>
    Effect.gen(function* () {
      const file = join(yield* temporaryFolder, "ids")
      const fiber = yield* Effect.forkChild(sh(family(file)))
      const ids = yield* idsIn(file)
      yield* Fiber.interrupt(fiber)
      yield* Effect.forEach(ids, gone)
    })
  )

  it.live("does not leave a child behind that holds its output open", () =>
    Effect.gen(function* () {
      const file = join(yield* temporaryFolder, "ids")
      // The parent ends at once; the output stays open, so only the time limit can end this.
      const error = yield* Effect.flip(sh(`sleep 300 & echo "$$ $!" > ${file}`, { timeoutMs: 1000 }))
      expect(error._tag).toBe("ProcessTimedOut")
      yield* Effect.forEach(yield* idsIn(file), gone)
    })
  )

  it.live("is stopped when it writes more than is taken", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(sh("yes", { outputBytesMax: 10_000 }))
      expect(error).toMatchObject({ _tag: "ProcessOutputTooLarge", command: "sh", bytesMax: 10_000 })
      // Standard error is cut instead: it only helps to understand a failure.
      const { stderr } = yield* sh("yes 2>/dev/null | head -c 100000 >&2")
      expect(stderr).toHaveLength(8192)
    })
  )

  it.live.each<[string, string, string]>([
    ["farmops-no-such-program", "/", "missing"],
    ["sh", "/no/such/folder", "no_folder"],
    ["/", "/", "not_allowed"]
  ])("cannot be started: %s in %s is %s", ([command, cwd, reason]) =>
    Effect.gen(function* () {
      expect(yield* Effect.flip(runProcess(command, [], { ...bounds, cwd }))).toMatchObject({
        _tag: "ProcessNotFound",
        command,
        reason
      })
      const streamed = Stream.runDrain(streamRecords(command, [], { cwd }))
      expect(yield* Effect.flip(streamed)).toMatchObject({ _tag: "ProcessNotFound", command, reason })
    })
  )
})

describe("a program whose records are streamed", () => {
  const records = (script: string, separator: "\n" | "\0" = "\n", recordBytesMax = 1024) =>
    Stream.runCollect(streamRecords("sh", ["-c", script], { cwd: "/", separator, recordBytesMax }))

  it.live("gives them one by one, cut at the separator, the last one too", () =>
    Effect.gen(function* () {
      expect(yield* records("printf 'a\\nb\\n\\nc'")).toEqual(["a", "b", "", "c"])
      expect(yield* records("printf 'a\\n1\\000b\\000'", "\0")).toEqual(["a\n1", "b"])
      expect(yield* records("true")).toEqual([])
    })
  )

  it.live("puts characters together that two reads have torn apart", () =>
    Effect.gen(function* () {
      expect(yield* records("printf '\\303'; sleep 0.05; printf '\\274\\n'")).toEqual(["ü"])
    })
  )

  it.live("is refused when one record is too long", () =>
    Effect.gen(function* () {
      expect(yield* records("printf '%01024d\\n' 0")).toHaveLength(1)
      expect(yield* Effect.flip(records("printf '%01025d\\n' 0"))).toMatchObject({ _tag: "ProcessOutputTooLarge" })
      expect(yield* Effect.flip(records("yes | tr -d '\\n'"))).toMatchObject({ _tag: "ProcessOutputTooLarge" })
    })
  )

  it.live("fails with the status it ends with, and does not pass on half a record", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const failing = streamRecords("sh", ["-c", "echo whole; printf half; echo why >&2; exit 7"], { cwd: "/" })
      const error = yield* Effect.flip(Stream.runForEach(failing, (record) => Effect.sync(() => seen.push(record))))
      expect(error).toMatchObject({ _tag: "ProcessFailed", exitCode: 7, stderr: "why\n" })
      expect(seen).toEqual(["whole"])
    })
  )

  it.live("is stopped with its children as soon as nobody reads on", () =>
    Effect.gen(function* () {
      const file = join(yield* temporaryFolder, "ids")
      const first = yield* Stream.runCollect(Stream.take(streamRecords("sh", ["-c", family(file)], { cwd: "/" }), 1))
      expect(first).toEqual(["started"])
      yield* Effect.forEach(yield* idsIn(file), gone)
    })
  )

  it.live("waits for its reader instead of filling our memory", () =>
    Effect.gen(function* () {
      // 100 MB are offered; the pipe and one buffer hold far less, so the writer must still be busy when two were read.
      const written = join(yield* temporaryFolder, "done")
      const endless = streamRecords("sh", ["-c", `yes | head -c 100000000; echo > ${written}`], { cwd: "/" })
      yield* Stream.runForEach(Stream.take(endless, 2), () =>
        Effect.andThen(
          Effect.sleep(300),
          Effect.sync(() => expect(existsSync(written)).toBe(false))
        )
      )
    })
  )
})
