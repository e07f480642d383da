/** Where log lines go: standard error, so that standard output stays data. Pretty for a person, JSON for everything else. */
import { Formatter, Layer, Logger, type LogLevel, References } from "effect"
import { SecretsToScrub } from "./SecretsToScrub.ts"
import { scrubSecrets } from "./scrubSecrets.ts"

/** How to log. */
export interface LogOptions {
  /** `auto` is pretty on a terminal and JSON elsewhere. */
  readonly format: "auto" | "pretty" | "json"
  readonly level: LogLevel.LogLevel
  /** Where lines go instead of standard error, each with its line end. */
  readonly write?: (text: string) => void
}

type Entry = ReturnType<(typeof Logger.formatStructured)["log"]>

// A line that a message could break in two, or colour, would let an outside text pass for a line of ours.
const oneLine = (text: string): string => text.replace(/[\p{Cc}\p{Cf}]+/gu, " ")

const show = (value: unknown): string => oneLine(typeof value === "string" ? value : Formatter.format(value))

const prettyLine = ({ annotations, cause, level, message, timestamp }: Entry): string => {
  const messages = Array.isArray(message) ? message : [message]
  const pairs = Object.entries(annotations).map(([key, value]) => `${key}=${show(value)}`)
  const head = [timestamp.slice(11, 19), level.padEnd(5), ...messages.map(show), ...pairs].join(" ")
  return cause === undefined ? head : `${head}\n${cause.replace(/^/gm, "  ")}`
}

const writeToStderr = (text: string): void => {
  process.stderr.write(text)
}

/**
 * Replaces the default logger and sets the level. What is wrapped in `Redacted`, what has the form of a token and what is among
 * `SecretsToScrub` prints as `<redacted>` in both formats.
 */
export const layerLog = (options: LogOptions): Layer.Layer<never> => {
  const { write = writeToStderr } = options
  const isPretty = options.format === "pretty" || (options.format === "auto" && process.stderr.isTTY === true)
  const line = isPretty ? Logger.map(Logger.formatStructured, prettyLine) : Logger.formatJson
  const logger = Logger.make((entry) => {
    write(`${scrubSecrets(line.log(entry), entry.fiber.getRef(SecretsToScrub))}\n`)
  })
  return Layer.mergeAll(Logger.layer([logger]), Layer.succeed(References.MinimumLogLevel, options.level))
}
