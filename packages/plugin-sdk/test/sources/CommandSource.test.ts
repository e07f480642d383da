import { renameSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { type CommandOptions, makeCommandSource } from "../../src/sources/command/CommandSource.ts"
import { makeSourceMemoryInRam } from "../../src/sources/SourceMemory.ts"
import { dataOf, makeMemorySink, untilState } from "./sinkFixture.ts"
import { temporaryFolder } from "./temporaryFolder.ts"

const options = (command: CommandOptions["command"], changes: Partial<CommandOptions> = {}) => ({
  name: "barn",
  source_type: "barn",
  actor: "ops",
  command,
  every_seconds: 0.02,
  timeout_ms: 10_000,
  ...changes
})

describe("a watched command", () => {
  it.live("is told when its answer changes, also back to what it was, and not again after a restart", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const file = join(folder, "answer")
      const memory = yield* makeSourceMemoryInRam
      // Ends with the file's first digit, and says all of it.
      const command = ["/bin/sh", "-c", 'cat answer; exit "$(cut -c1 answer)"'] as const
      const start = Effect.gen(function* () {
        const sink = yield* makeMemorySink()
        const source = yield* makeCommandSource(options(command, { folder }), memory)
        return { sink, fiber: yield* Effect.forkScoped(source.run(sink)) }
      })
      writeFileSync(file, "0 milk")
      const { fiber, sink } = yield* start
      for (const [count, answer] of [
        [1, "1 milk"],
        [2, "0 milk"],
        [3, "1 milk"]
      ] as const) {
        yield* sink.reached(count)
        writeFileSync(`${file}.new`, answer)
        renameSync(`${file}.new`, file)
      }
      yield* sink.reached(4)
      expect(sink.taken.map(dataOf).at(-1)).toEqual({ kind: "command", exit_code: 1, stdout: "1 milk" })
      expect(new Set(sink.taken.map(({ subject }) => subject)).size).toBe(1)
      yield* Fiber.interrupt(fiber)
      writeFileSync(file, "0 cheese")
      const again = yield* start
      yield* again.sink.reached(1)
      expect(dataOf(again.sink.taken[0])).toMatchObject({ stdout: "0 cheese" })
    })
  )

  it.live("knows nothing of the agent's environment but what every program needs", () =>
    Effect.gen(function* () {
      const sink = yield* makeMemorySink()
      const source = yield* makeCommandSource(
        options(["/usr/bin/env"], { environment: { BARN: "red" } }),
        yield* makeSourceMemoryInRam
      )
      yield* Effect.forkScoped(source.run(sink))
      yield* sink.reached(1)
      const { stdout } = dataOf(sink.taken[0]) as { readonly stdout: string }
      const names = stdout.split("\n").flatMap((line) => line.split("=")[0] || [])
      expect(names.toSorted()).toEqual(["BARN", "HOME", "LANG", "LC_ALL", "PATH"])
    })
  )

  it.live.each([
    ["timed_out", ["/bin/sleep", "60"], { timeout_ms: 100 }],
    ["too_large", ["/usr/bin/yes"], { output_bytes_max: 1_000 }],
    ["cannot_start", ["/no/such/program"], {}],
    ["cannot_start", ["/bin/true"], { folder: "/no/such/folder" }]
  ] as ReadonlyArray<[string, CommandOptions["command"], Partial<CommandOptions>]>)(
    "says %s when that is why it has no answer",
    ([code, command, changes]) =>
      Effect.gen(function* () {
        const sink = yield* makeMemorySink()
        const source = yield* makeCommandSource(options(command, changes), yield* makeSourceMemoryInRam)
        yield* Effect.forkScoped(source.run(sink))
        yield* untilState(source, { phase: "degraded", code })
        expect(sink.taken).toEqual([])
      })
  )

  it.effect("is refused where it depends on where the agent was started", () =>
    Effect.gen(function* () {
      const memory = yield* makeSourceMemoryInRam
      for (const refused of [options(["sh"]), options(["/bin/sh"], { folder: "here" })]) {
        expect((yield* Effect.flip(makeCommandSource(refused, memory))).reason).toContain("absolute")
      }
    })
  )
})
