/** Runs another program to its end within bounds: a scrubbed environment, a time limit, capped output, no process left behind. */

import type { ChildProcess } from "node:child_process"
import { Effect } from "effect"
import { type ProcessNotFound, ProcessOutputTooLarge, ProcessTimedOut } from "./ProcessError.ts"
import { exitCodeOf, type StartOptions, startError, startProcess } from "./startProcess.ts"

/** How a program is run. */
export interface RunOptions extends StartOptions {
  readonly timeoutMs: number
  /** The most that it may write to standard output. */
  readonly outputBytesMax: number
  /** What it reads from standard input; without it, an empty one. */
  readonly stdin?: string | Uint8Array | undefined
}

/** What a program left. */
export interface ProcessResult {
  readonly exitCode: number
  readonly stdout: Uint8Array
  /** Its first 8 KiB. May name things: never log it. */
  readonly stderr: string
}

/** Enough of standard error to recognise what went wrong. */
export const stderrBytesMax = 8192

/** Keeps the first bytes of a program's standard error, and goes on reading so that it never waits for us. */
export const collectStderr = (child: ChildProcess): (() => string) => {
  const chunks: Array<Uint8Array> = []
  let bytes = 0
  child.stderr?.on("data", (chunk: Uint8Array) => {
    if (bytes < stderrBytesMax) chunks.push(chunk)
    bytes += chunk.length
  })
  return () => Buffer.concat(chunks).subarray(0, stderrBytesMax).toString("utf8")
}

const finish = (command: string, child: ChildProcess, options: RunOptions) =>
  Effect.callback<ProcessResult, ProcessNotFound | ProcessOutputTooLarge>((resume) => {
    const chunks: Array<Uint8Array> = []
    const stderr = collectStderr(child)
    let bytes = 0
    child.stdout?.on("data", (chunk: Uint8Array) => {
      bytes += chunk.length
      if (bytes <= options.outputBytesMax) chunks.push(chunk)
      else resume(Effect.fail(new ProcessOutputTooLarge({ command, bytesMax: options.outputBytesMax })))
    })
    child.on("error", (cause) => resume(Effect.fail(startError(command, options.cwd, cause))))
    child.on("close", (code) =>
      resume(Effect.succeed({ exitCode: exitCodeOf(code), stdout: Buffer.concat(chunks), stderr: stderr() }))
    )
    // A program that ends without reading its input closes the pipe: its status tells the rest.
    child.stdin?.on("error", () => undefined)
    child.stdin?.end(options.stdin)
  })

/** Runs a program to its end. Another status than 0 is an answer, not an error: the caller knows what it means. */
export const runProcess = (
  command: string,
  args: ReadonlyArray<string>,
  options: RunOptions
): Effect.Effect<ProcessResult, ProcessNotFound | ProcessTimedOut | ProcessOutputTooLarge> =>
  startProcess(command, args, { ...options, stdin: options.stdin !== undefined }).pipe(
    Effect.flatMap((child) => finish(command, child, options)),
    Effect.timeoutOrElse({
      duration: options.timeoutMs,
      orElse: () => Effect.fail(new ProcessTimedOut({ command, timeoutMs: options.timeoutMs }))
    }),
    Effect.scoped
  )
