import { describe, expect, it } from "@effect/vitest"
import { Cause, Effect } from "effect"
import { exitCodes } from "../src/host/exitCodes.ts"
import { describeFailure } from "../src/host/runHost.ts"
import { startProgram } from "./startProgram.ts"

const run = (...args: ReadonlyArray<string>) => Effect.flatMap(startProgram(...args), ({ ended }) => ended)

describe("a host's program", () => {
  it.live("ends with the status of its error and exactly one line", () =>
    Effect.gen(function* () {
      expect(yield* run("typed-error")).toEqual({
        code: 42,
        stdout: "",
        stderr: "farmops-test: the old barn burns\n"
      })
    })
  )

  it.live("ends with 1 for an error that names no status", () =>
    Effect.gen(function* () {
      expect(yield* run("plain-error")).toEqual({ code: 1, stdout: "", stderr: "farmops-test: no luck\n" })
    })
  )

  it.live("calls a defect a bug, in one line, and shows the stack only when asked", () =>
    Effect.gen(function* () {
      const line = "farmops-test: this is a bug, please report it: cow is undefined\n"
      expect(yield* run("defect")).toEqual({ code: exitCodes.software, stdout: "", stderr: line })
      const shown = yield* run("defect", "--debug")
      expect(shown.stderr.startsWith(line)).toBe(true)
      expect(shown.stderr).toContain("programs.ts:")
    })
  )

  it.live.each(["SIGTERM", "SIGINT"] as const)("drains on %s and ends with 0, without a word", (signal) =>
    Effect.gen(function* () {
      const program = yield* startProgram("drain")
      yield* program.said("ready")
      yield* program.signal(signal)
      expect(yield* program.ended).toEqual({ code: 0, stdout: "ready\ndrained\n", stderr: "" })
    })
  )

  it.live("ends at once on a second signal, whatever still drains", () =>
    Effect.gen(function* () {
      const program = yield* startProgram("stuck")
      yield* program.said("ready")
      yield* program.signal("SIGINT")
      yield* program.said("draining")
      yield* program.signal("SIGINT")
      expect((yield* program.ended).code).toBe(130)
    })
  )

  it("is told in one line whatever the message holds", () => {
    const failure = describeFailure("farmops-x", Cause.fail(new Error("first\n\u001b[31msecond\r\nthird")))
    expect(failure.line).toBe("farmops-x: first [31msecond third")
    expect(describeFailure("farmops-x", Cause.die("plain text")).line).toContain("plain text")
  })

  it("has a status of its own for each kind of failure", () => {
    const codes = Object.values(exitCodes)
    expect(new Set(codes).size).toBe(codes.length)
  })
})
