/** Runs a host's program to its end: one clear line for what went wrong, a distinct exit status, 0 after a clean stop. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Cause, type Effect, Exit, Runtime } from "effect"
import { scrubSecrets } from "../log/scrubSecrets.ts"
import { exitCodes } from "./exitCodes.ts"

/** How a failed program is told to the person who started it. */
export interface HostFailure {
  readonly exitCode: number
  /** One line, with the program's name before it and without a line end. */
  readonly line: string
}

const messageOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  if (error.message !== "") return error.message
  return "_tag" in error ? String(error._tag) : error.name
}

const oneLine = (text: string): string => scrubSecrets(text).replace(/[\p{Cc}\p{Cf}\s]+/gu, " ")

/** The exit status and the one line for a failure. A defect is called a bug, since nobody declared it. */
export const describeFailure = (name: string, cause: Cause.Cause<unknown>): HostFailure => {
  const failure = cause.reasons.find(Cause.isFailReason)
  if (failure === undefined) {
    const what = oneLine(messageOf(Cause.squash(cause)))
    return { exitCode: exitCodes.software, line: `${name}: this is a bug, please report it: ${what}` }
  }
  return { exitCode: Runtime.getErrorExitCode(failure.error), line: `${name}: ${oneLine(messageOf(failure.error))}` }
}

/** How {@link runHost} runs. */
export interface RunHostOptions {
  /** Prints the stack of a failure below its line. */
  readonly debug?: boolean
}

// What is in flight gets this long to finish; then the process ends all the same, and says so.
const drainMs = 15_000

const writeError = (line: string): void => {
  process.stderr.write(`${line}\n`)
}

/** A second signal, or a drain that takes too long, ends the process at once: nothing that was acknowledged is lost by it. */
const endStubbornly = (name: string): void => {
  let signals = 0
  const onSignal = () => {
    signals++
    if (signals > 1) process.exit(130)
    setTimeout(() => {
      writeError(`${name}: could not stop within ${drainMs / 1000} s`)
      process.exit(exitCodes.software)
    }, drainMs).unref()
  }
  process.on("SIGINT", onSignal)
  process.on("SIGTERM", onSignal)
}

/** Runs `program` as the main of a process. SIGINT and SIGTERM interrupt it, its finalizers run, and the status is 0. */
export const runHost = <A, E>(name: string, program: Effect.Effect<A, E>, options: RunHostOptions = {}): void => {
  endStubbornly(name)
  NodeRuntime.runMain(program, {
    disableErrorReporting: true,
    teardown: (exit, onExit) => {
      if (Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause)) return onExit(0)
      const failure = describeFailure(name, exit.cause)
      writeError(failure.line)
      if (options.debug === true) writeError(scrubSecrets(Cause.pretty(exit.cause)))
      onExit(failure.exitCode)
    }
  })
}
