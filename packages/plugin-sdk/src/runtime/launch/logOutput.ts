/**
 * What a plugin prints, as log lines of the debug level and no other: it may hold raw data. Lines are cut, and those that come
 * faster than anybody reads are counted instead.
 */
import type { Readable } from "node:stream"
import { Clock, Effect, Stream } from "effect"

// Long enough for a line that a person wrote; a dump of raw data is cut.
const lineLengthMax = 2_000
// More than a person follows. A plugin that floods must not fill the disk of whoever looks for something at the debug level.
const linesPerSecondMax = 100

/** Logs until the stream ends. Reading goes on at any rate: a plugin must never wait for us with a full pipe. */
export const logOutput = (plugin: string, stream: "stdout" | "stderr", output: Readable): Effect.Effect<void> =>
  Effect.suspend(() => {
    let rest = ""
    let second = 0
    let lines = 0
    let leftOut = 0

    const write = Effect.fnUntraced(function* (line: string) {
      const now = Math.floor((yield* Clock.currentTimeMillis) / 1_000)
      if (now !== second) {
        if (leftOut > 0) yield* Effect.logDebug(`${leftOut} lines were left out`)
        second = now
        lines = 0
        leftOut = 0
      }
      lines++
      if (lines <= linesPerSecondMax) yield* Effect.logDebug(line)
      else leftOut++
    })

    const take = (text: string) => {
      const parts = `${rest}${text}`.split("\n")
      // What is longer than a line may be is cut here, so that nothing grows while no line end comes.
      rest = (parts.pop() ?? "").slice(0, lineLengthMax)
      const whole = parts.map((line) => line.slice(0, lineLengthMax)).filter((line) => line.trim() !== "")
      return Effect.forEach(whole, write, { discard: true })
    }

    return Stream.fromAsyncIterable<Uint8Array, unknown>(output, (cause) => cause).pipe(
      Stream.decodeText,
      Stream.runForEach(take),
      Effect.ignore,
      Effect.ensuring(Effect.suspend(() => (rest.trim() === "" ? Effect.void : write(rest)))),
      Effect.annotateLogs({ plugin, stream })
    )
  })
