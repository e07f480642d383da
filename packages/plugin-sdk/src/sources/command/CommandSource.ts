/** Runs a command again and again, confined as all programs are that an agent starts, and tells when its answer has changed. */
import { isAbsolute } from "node:path"
import { runProcess } from "@farmops/core/process/runProcess"
import { Effect, Schema } from "effect"
import type { CommandEvent } from "../../contract/LocalEvent.ts"
import { type ObservationSink, type Source, SourceFailed } from "../../contract/Source.ts"
import { Marked, markChange, memoryOf } from "../changeMark.ts"
import { localFields, type Named, observeLocally } from "../localObservation.ts"
import { digestOf } from "../opaqueId.ts"
import { type LookFailed, pollForEver } from "../pollForEver.ts"
import type { SourceMemory } from "../SourceMemory.ts"
import { makeSourceStatus } from "../SourceStatus.ts"

// Text of control characters has six times the bytes once it is in an observation.
const outputBytesMax = 600 * 1024

/** The settings of a command source, as a configuration file has them. No shell reads the command. */
export const CommandOptions = Schema.Struct({
  ...localFields,
  /** The program's absolute path, and its arguments. */
  command: Schema.NonEmptyArray(Schema.String).check(Schema.isMaxLength(64)),
  /** Where it starts; / unless said otherwise. */
  folder: Schema.optionalKey(Schema.NonEmptyString),
  /** All that it is told besides PATH, HOME and LANG. */
  environment: Schema.optionalKey(Schema.Record(Schema.String, Schema.String)),
  every_seconds: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 86_400 }))),
  timeout_ms: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 100, maximum: 600_000 }))),
  output_bytes_max: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: outputBytesMax })))
})
export type CommandOptions = typeof CommandOptions.Type

const everySecondsDefault = 60
const timeoutMsDefault = 30_000
const outputBytesDefault = 256 * 1024

const codes = {
  ProcessNotFound: "cannot_start",
  ProcessTimedOut: "timed_out",
  ProcessOutputTooLarge: "too_large"
} as const

/** Watches the answer of one command: its status and its standard output. Codes: `cannot_start`, `timed_out`, `too_large`. */
export const makeCommandSource = Effect.fn("makeCommandSource")(function* (
  options: CommandOptions & Named,
  memory: SourceMemory
): Effect.fn.Return<Source, SourceFailed> {
  const { command, environment, folder = "/", name } = options
  const [program, ...args] = command
  if (!isAbsolute(program) || !isAbsolute(folder)) {
    return yield* new SourceFailed({ source: name, reason: "its command and its folder must be absolute paths" })
  }
  const status = yield* makeSourceStatus
  const { recall, remember } = memoryOf(memory, Marked)
  let seen: Marked | null = null

  const run = runProcess(program, args, {
    cwd: folder,
    env: environment,
    timeoutMs: options.timeout_ms ?? timeoutMsDefault,
    outputBytesMax: options.output_bytes_max ?? outputBytesDefault
  }).pipe(Effect.mapError(({ _tag }): LookFailed => ({ code: codes[_tag], retryAfterMs: null })))

  const look = Effect.fnUntraced(function* (sink: ObservationSink) {
    const { exitCode, stdout } = yield* run
    const digest = digestOf(Buffer.concat([Buffer.from(`${exitCode} `), stdout]))
    if (digest === seen?.digest) return
    const after = markChange(seen, digest)
    const event: CommandEvent = { kind: "command", exit_code: exitCode, stdout: new TextDecoder().decode(stdout) }
    const observation = yield* observeLocally(options, event, [after.mark], command.join("\0"))
    if (observation === null) return yield* Effect.fail<LookFailed>({ code: "too_large", retryAfterMs: null })
    yield* status.put(sink, observation)
    seen = after
    yield* remember(after)
  })

  return {
    name,
    sourceType: options.source_type,
    state: status.state,
    run: Effect.fnUntraced(function* (sink) {
      seen = yield* recall
      return yield* pollForEver((options.every_seconds ?? everySecondsDefault) * 1000, status, look(sink))
    })
  }
})
