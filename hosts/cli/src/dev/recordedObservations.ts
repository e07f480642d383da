/** Observations from files, in the form of golden verdicts, whose `expect` is not looked at. */
import { readFileSync } from "node:fs"
import { basename, resolve } from "node:path"
import { text as readAll } from "node:stream/consumers"
import type { Observation } from "@farmops/plugin-sdk/contract/Observation"
import { DateTime, Effect, Redacted, Schema } from "effect"
import { unusable } from "./DevPlugin.ts"
import type { Play } from "./playObservation.ts"

const Recorded = Schema.Struct({
  source_type: Schema.String,
  data: Schema.Unknown,
  memory: Schema.optionalKey(Schema.Unknown),
  subject: Schema.optionalKey(Schema.String),
  configuration: Schema.optionalKey(Schema.Unknown),
  expect: Schema.optionalKey(Schema.Unknown)
})

/** One recorded observation, and the file that it is in. */
export interface Recorded {
  readonly name: string
  readonly recorded: typeof Recorded.Type
}

const utf8 = new TextEncoder()
const jsonBytes = (value: unknown) => utf8.encode(JSON.stringify(value))

const decodeRecorded = Schema.decodeUnknownResult(Recorded, { onExcessProperty: "error" })

const readOne = (name: string, text: string) => {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return unusable("not_json", `${name} is not JSON.`)
  }
  const read = decodeRecorded(json)
  return read._tag === "Success"
    ? Effect.succeed<Recorded>({ name, recorded: read.success })
    : unusable("no_observation", `${name} is no recorded observation: ${read.failure.message}.`)
}

/** Reads them all. Standard input, `-`, holds one a line, so that another program can feed it. */
export const readRecorded = Effect.fnUntraced(function* (files: ReadonlyArray<string>, cwd: string) {
  const read: Array<Recorded> = []
  for (const file of files) {
    if (file === "-") {
      const lines = (yield* Effect.promise(() => readAll(process.stdin))).split("\n")
      for (const [at, line] of lines.entries())
        if (line.trim() !== "") read.push(yield* readOne(`line ${at + 1}`, line))
      continue
    }
    const text = yield* Effect.try({
      try: () => readFileSync(resolve(cwd, file), "utf8"),
      catch: () => unusable("unreadable", `${file} cannot be read.`)
    })
    read.push(yield* readOne(basename(file), text))
  }
  return read
})

/** As if it had just been seen. */
export const playOf = Effect.fnUntraced(function* ({ name, recorded }: Recorded, at: number) {
  const now = yield* DateTime.now
  const observation: Observation = {
    observationId: `dev ${at}`,
    sourceType: recorded.source_type,
    rawData: jsonBytes(recorded.data ?? null),
    detectedAt: now,
    occurredAt: now,
    subject: recorded.subject ?? "dev",
    actor: { identifier: Redacted.make("you"), type: "human" }
  }
  return {
    name,
    observation,
    memory: recorded.memory === undefined ? undefined : jsonBytes(recorded.memory)
  } satisfies Play
})
