import { describe, expect, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { type LogOptions, layerLog } from "../src/log/layerLog.ts"
import { startProgram } from "./startProgram.ts"

const logged = (options: Pick<LogOptions, "format" | "level">, program: Effect.Effect<void>) =>
  Effect.gen(function* () {
    const lines: Array<string> = []
    yield* Effect.provide(program, layerLog({ ...options, write: (text) => void lines.push(text) }))
    return lines
  })

const work = Effect.logInfo("milk delivered", { secret: Redacted.make("hunter2"), litres: 3 }).pipe(
  Effect.annotateLogs({ token: Redacted.make("hunter3"), farm: "old" })
)

describe("logs", () => {
  it.effect("are one JSON object a line, and keep what is redacted to themselves", () =>
    Effect.gen(function* () {
      const [line = "", ...rest] = yield* logged({ format: "json", level: "Info" }, work)
      expect(rest).toEqual([])
      expect(line.endsWith("}\n")).toBe(true)
      expect(JSON.parse(line)).toMatchObject({ level: "INFO", annotations: { farm: "old" } })
      expect(line).toContain("milk delivered")
      expect(line).not.toContain("hunter")
      expect(line).toContain("<redacted>")
    })
  )

  it.effect("are short lines for a person, and keep what is redacted to themselves", () =>
    Effect.gen(function* () {
      const [line = ""] = yield* logged({ format: "pretty", level: "Info" }, work)
      expect(line).toMatch(/^\d\d:\d\d:\d\d INFO {2}milk delivered .*farm=old\n$/)
      expect(line).not.toContain("hunter")
      expect(line).toContain("token=<redacted>")
    })
  )

  it.effect("cannot be forged or coloured by what they repeat", () =>
    Effect.gen(function* () {
      const forged = Effect.logInfo("a name\n09:00:00 ERROR the barn burns\u001b[31m").pipe(
        Effect.annotateLogs({ name: "x\ny" })
      )
      const [line = ""] = yield* logged({ format: "pretty", level: "Info" }, forged)
      expect(line.trimEnd().split("\n")).toHaveLength(1)
      expect(line).not.toContain("\u001b")
      const [json = ""] = yield* logged({ format: "json", level: "Info" }, forged)
      expect(json.trimEnd().split("\n")).toHaveLength(1)
    })
  )

  it.effect("leave out what is below their level", () =>
    Effect.gen(function* () {
      const both = Effect.andThen(Effect.logDebug("moo"), Effect.logWarning("wolf"))
      const lines = yield* logged({ format: "pretty", level: "Warn" }, both)
      expect(lines).toHaveLength(1)
      expect(lines[0]).toContain("WARN  wolf")
    })
  )

  it.live("go to standard error, as JSON where that is no terminal", () =>
    Effect.gen(function* () {
      const { stderr, stdout } = yield* Effect.flatMap(startProgram("log"), ({ ended }) => ended)
      expect(stdout).toBe("")
      expect(JSON.parse(stderr)).toMatchObject({ level: "INFO" })
    })
  )
})
