/** Streams a program's output record by record, reading no faster than the records are taken. */

import type { ChildProcess } from "node:child_process"
import { Effect, Stream } from "effect"
import { ProcessFailed, ProcessNotFound, ProcessOutputTooLarge } from "./ProcessError.ts"
import { collectStderr } from "./runProcess.ts"
import { exitCodeOf, type StartOptions, startError, startProcess } from "./startProcess.ts"

/** How output is cut into records. */
export interface StreamOptions extends StartOptions {
  /** One byte: NUL for `-z`, a line feed unless said otherwise. It is no part of a record. */
  readonly separator?: "\n" | "\0" | "\u001e"
  /** The most bytes of one record; 4 MiB unless said otherwise. */
  readonly recordBytesMax?: number
}

const defaultRecordBytesMax = 4 * 1024 * 1024

const ended = (child: ChildProcess, onError: (cause: unknown) => ProcessNotFound): Promise<number> => {
  const promise = new Promise<number>((resolve, reject) => {
    child.on("error", (cause) => reject(onError(cause)))
    child.on("close", (code) => resolve(exitCodeOf(code)))
  })
  // It is awaited when the output has ended; until then a rejection must not count as unhandled.
  promise.catch(() => undefined)
  return promise
}

async function* records(command: string, child: ChildProcess, options: StreamOptions): AsyncGenerator<string> {
  const { recordBytesMax = defaultRecordBytesMax, separator = "\n" } = options
  const cut = separator.charCodeAt(0)
  const stderr = collectStderr(child)
  const status = ended(child, (cause) => startError(command, options.cwd, cause))
  let parts: Array<Uint8Array> = []
  let bytes = 0
  const take = (last: Uint8Array): string => {
    const record = Buffer.concat([...parts, last]).toString("utf8")
    parts = []
    bytes = 0
    return record
  }
  const checkSize = (more: number) => {
    if (bytes + more > recordBytesMax) throw new ProcessOutputTooLarge({ command, bytesMax: recordBytesMax })
  }
  for await (const chunk of (child.stdout ?? []) as AsyncIterable<Uint8Array>) {
    let start = 0
    for (let at = chunk.indexOf(cut); at !== -1; at = chunk.indexOf(cut, start)) {
      checkSize(at - start)
      yield take(chunk.subarray(start, at))
      start = at + 1
    }
    const rest = chunk.subarray(start)
    checkSize(rest.length)
    bytes += rest.length
    if (rest.length > 0) parts.push(rest)
  }
  const exitCode = await status
  if (exitCode !== 0) throw new ProcessFailed({ command, exitCode, stderr: stderr() })
  // What stands after the last separator is a record only when the program ended well: else it may be half of one.
  if (bytes > 0) yield take(new Uint8Array())
}

const isOurs = (error: unknown): error is ProcessFailed | ProcessOutputTooLarge | ProcessNotFound =>
  error instanceof ProcessFailed || error instanceof ProcessOutputTooLarge || error instanceof ProcessNotFound

/** The records of a program's output. Ends with {@link ProcessFailed} unless the program ends with 0; leaving early ends the program. */
export const streamRecords = (
  command: string,
  args: ReadonlyArray<string>,
  options: StreamOptions
): Stream.Stream<string, ProcessNotFound | ProcessFailed | ProcessOutputTooLarge> =>
  Stream.unwrap(
    Effect.map(startProcess(command, args, options), (child) =>
      Stream.fromAsyncIterable(records(command, child, options), (error) =>
        isOurs(error) ? error : new ProcessFailed({ command, exitCode: exitCodeOf(null), stderr: "" })
      )
    )
  )
