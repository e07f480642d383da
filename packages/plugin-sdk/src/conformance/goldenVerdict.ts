/** Golden verdicts: what a plugin's author says it answers, one JSON file for each, beside the plugin and in any language. */
import { readdirSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { Effect, Schema } from "effect"
import { rawDataBytesMax, readRawData } from "../contract/Observation.ts"
import type { Verdict } from "../contract/Verdict.ts"

const Expected = Schema.Struct({
  verdict: Schema.Literals(["verified", "rejected", "inconclusive"]),
  action_type: Schema.optionalKey(Schema.String),
  category: Schema.optionalKey(Schema.String),
  /** Null where the verdict must have none. */
  subcategory: Schema.optionalKey(Schema.NullOr(Schema.String)),
  description: Schema.optionalKey(Schema.String),
  /** What is remembered from now on, as JSON; null where the subject is forgotten. */
  remember: Schema.optionalKey(Schema.Unknown)
})

/** One file. What `expect` does not name may be anything. */
export const GoldenVerdict = Schema.Struct({
  source_type: Schema.String,
  /** Becomes `raw_data`: what the plugin is sent, cut to its fields already. */
  data: Schema.Unknown,
  /** What was remembered of the subject, as JSON. */
  memory: Schema.optionalKey(Schema.Unknown),
  subject: Schema.optionalKey(Schema.String),
  /** The plugin's configuration; without it, it has none. */
  configuration: Schema.optionalKey(Schema.Unknown),
  expect: Expected
})
export type GoldenVerdict = typeof GoldenVerdict.Type

/** A file and what it holds. */
export interface GoldenFile {
  readonly name: string
  readonly golden: GoldenVerdict
}

/** The folder or a file in it cannot be used; `reason` names the file. */
export class GoldenUnreadable extends Schema.TaggedError<GoldenUnreadable>()("GoldenUnreadable", {
  reason: Schema.String
}) {
  override get message() {
    return this.reason
  }
}

// More is no list that a person keeps in order; each is called several times.
const filesMax = 1000

const decode = Schema.decodeUnknownResult(GoldenVerdict, { onExcessProperty: "error" })

const readFile = (folder: string, name: string) =>
  Effect.gen(function* () {
    const path = join(folder, name)
    const bytes = yield* Effect.try({
      try: () => (statSync(path).size > 2 * rawDataBytesMax ? null : readFileSync(path)),
      catch: () => new GoldenUnreadable({ reason: `${name} cannot be read` })
    })
    if (bytes === null) return yield* new GoldenUnreadable({ reason: `${name} is too large` })
    const json = readRawData(bytes)
    if (json === undefined) return yield* new GoldenUnreadable({ reason: `${name} is not JSON in UTF-8` })
    const read = decode(json)
    if (read._tag === "Failure") return yield* new GoldenUnreadable({ reason: `${name}: ${read.failure.message}` })
    return { name: name.replace(/\.json$/, ""), golden: read.success }
  })

/** Every `*.json` of the folder, by name. */
export const readGoldenFolder = Effect.fn("readGoldenFolder")(function* (folder: string) {
  const names = yield* Effect.try({
    try: () =>
      readdirSync(folder)
        .filter((name) => name.endsWith(".json"))
        .sort(),
    catch: () => new GoldenUnreadable({ reason: `${folder} cannot be read` })
  })
  if (names.length === 0) return yield* new GoldenUnreadable({ reason: `${folder} holds no *.json` })
  if (names.length > filesMax) return yield* new GoldenUnreadable({ reason: `${folder} holds more than ${filesMax}` })
  return yield* Effect.forEach(names, (name) => readFile(folder, name))
})

const sortKeys = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sortKeys)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sortKeys(item)])
  )
}

const show = (value: unknown): string => JSON.stringify(sortKeys(value)) ?? "nothing"

// Null leaves the memory as it is, no bytes forget: as JSON the one is undefined, the other null.
const remembered = ({ remember }: Verdict): unknown => {
  if (remember === null) return undefined
  return remember.length === 0 ? null : (readRawData(remember) ?? "bytes that are not JSON")
}

/** The first thing in which a verdict is not what was expected; null where it is. */
export const compareGolden = ({ expect }: GoldenVerdict, verdict: Verdict): string | null => {
  const given: Readonly<Record<string, unknown>> = { ...verdict, remember: remembered(verdict) }
  for (const [key, wanted] of Object.entries(expect)) {
    if (show(given[key]) === show(wanted)) continue
    const why = key === "verdict" && verdict.reason !== "" ? ` (${verdict.reason})` : ""
    return `${key} is ${show(given[key])}${why}, not ${show(wanted)}`
  }
  return null
}
