/** Where a command's words go. Data is on stdout and alone there; progress, warnings and errors are on stderr. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/** One command's output. With `json` set, stdout carries JSON and nothing else. */
export class Printer extends Context.Service<
  Printer,
  {
    readonly json: boolean
    /** Whether stdout is a terminal: then, and only then, may a command redraw or colour. */
    readonly isTerminal: boolean
    /** The terminal's width; without a terminal nothing is cut. */
    readonly columns: number
    readonly write: (text: string) => Effect.Effect<void>
    readonly line: (text: string) => Effect.Effect<void>
    readonly data: (value: unknown) => Effect.Effect<void>
    readonly note: (text: string) => Effect.Effect<void>
  }
>()("@farmops/cli/Printer") {
  /** The process's own streams. */
  static readonly layerProcess = (options: { readonly json: boolean }) =>
    Layer.sync(Printer, () => {
      const write = (text: string) => Effect.sync(() => void process.stdout.write(text))
      return {
        json: options.json,
        isTerminal: process.stdout.isTTY === true && !options.json,
        columns: process.stdout.columns ?? Number.POSITIVE_INFINITY,
        write,
        line: (text) => write(`${text}\n`),
        data: (value) => write(`${JSON.stringify(value)}\n`),
        note: (text) => Effect.sync(() => void process.stderr.write(`${text}\n`))
      }
    })

  /** Keeps what was printed, for tests. */
  static readonly memory = (options: { readonly json: boolean; readonly columns?: number }) => {
    const out: Array<string> = []
    const err: Array<string> = []
    const write = (text: string) => Effect.sync(() => void out.push(text))
    return {
      stdout: () => out.join(""),
      stderr: () => err.join(""),
      layer: Layer.succeed(Printer, {
        json: options.json,
        isTerminal: false,
        columns: options.columns ?? 80,
        write,
        line: (text: string) => write(`${text}\n`),
        data: (value: unknown) => write(`${JSON.stringify(value)}\n`),
        note: (text: string) => Effect.sync(() => void err.push(`${text}\n`))
      })
    }
  }
}
