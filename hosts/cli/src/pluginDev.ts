/** `farmops plugin dev`: plays observations to a plugin and shows all that happens, down to the record that would leave the cluster. */
import { readFileSync, watch } from "node:fs"
import { basename, resolve } from "node:path"
import { text as readAll } from "node:stream/consumers"
import { exitCodes } from "@farmops/core/host/exitCodes"
import { openTarget, type Target } from "@farmops/plugin-sdk/conformance/openTarget"
import { decodeDescription, decodeVerdict } from "@farmops/plugin-sdk/contract/decode"
import { type Observation, readRawData } from "@farmops/plugin-sdk/contract/Observation"
import type { PluginDescription, Verdict } from "@farmops/plugin-sdk/contract/Verdict"
import { identityOf } from "@farmops/plugin-sdk/runtime/bindEvidence"
import { projectFields } from "@farmops/plugin-sdk/runtime/projectFields"
import { verdictToWork } from "@farmops/plugin-sdk/runtime/verdictToWork"
import { AgentKey } from "@farmops/proof/AgentKey"
import * as Ed25519Node from "@farmops/proof/Ed25519Node"
import { FarmSalt } from "@farmops/proof/FarmSalt"
import { ProofBuilder } from "@farmops/proof/ProofBuilder"
import { ProofChain } from "@farmops/proof/ProofChain"
import { ProofLog } from "@farmops/proof/ProofLog"
import { DateTime, Effect, Layer, Queue, Redacted, Schema } from "effect"
import { CommandFailed } from "./CommandFailed.ts"
import { Printer } from "./Printer.ts"

/** A recorded observation: a golden verdict's file will do, whose `expect` is not looked at here. */
const Recorded = Schema.Struct({
  source_type: Schema.String,
  data: Schema.Unknown,
  memory: Schema.optionalKey(Schema.Unknown),
  subject: Schema.optionalKey(Schema.String),
  configuration: Schema.optionalKey(Schema.Unknown),
  expect: Schema.optionalKey(Schema.Unknown)
})
type Recorded = typeof Recorded.Type

interface Named {
  readonly name: string
  readonly recorded: Recorded
}

const utf8 = new TextEncoder()
const jsonBytes = (value: unknown) => utf8.encode(JSON.stringify(value))
const showBytes = (bytes: Uint8Array): unknown =>
  bytes.length === 0 ? null : (readRawData(bytes) ?? `${bytes.length} bytes`)

// A verdict and a description take far less; a person is watching.
const callMsMax = 10_000

const unusable = (code: string, detail: string, cure: string | null = null) =>
  new CommandFailed({ code, detail, cure, exitCode: exitCodes.dataInvalid })

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
    ? Effect.succeed<Named>({ name, recorded: read.success })
    : unusable("no_observation", `${name} is no recorded observation: ${read.failure.message}.`)
}

// Standard input holds one observation a line, so that another program can feed it.
const readObservations = Effect.fnUntraced(function* (files: ReadonlyArray<string>, cwd: string) {
  const read: Array<Named> = []
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

/** What one observation came to. `leaves` is the whole record, or why there is none. */
export interface Played {
  readonly observation: string
  readonly sent: unknown
  readonly memory: unknown
  readonly verdict: Verdict["verdict"]
  readonly reason: string
  /** Undefined where the memory stays as it is; null where the subject is forgotten. */
  readonly remembers: unknown
  readonly evidence: unknown
  readonly leaves: unknown
}

const asked = <A>(make: () => Promise<A>) =>
  Effect.tryPromise({
    try: make,
    catch: (error) =>
      new CommandFailed({
        code: "plugin_fault",
        detail: `the plugin failed: ${error instanceof Error ? error.message : "no answer"}.`,
        cure: null,
        exitCode: exitCodes.unavailable
      })
  })

const outside = (what: string) => unusable("outside_contract", `${what} is outside the contract.`, "Run plugin test.")

const recordOf = Effect.fnUntraced(function* (
  description: PluginDescription,
  observation: Observation,
  verdict: Verdict
) {
  if (verdict.verdict !== "verified") return null
  const guarded = verdictToWork({ description, identity: identityOf(description) }, observation, verdict, "cluster")
  if (guarded._tag === "Leak") return `nothing: kept back, ${guarded.fault}`
  const chain = yield* ProofChain
  return yield* chain.append(guarded.work, observation.observationId).pipe(
    Effect.map(({ line }): unknown => JSON.parse(line)),
    Effect.catchTag("WorkRefused", ({ message }) => Effect.succeed(`nothing: ${message}`)),
    // A chain in memory that is ours alone.
    Effect.orDie
  )
})

const play = Effect.fnUntraced(function* (
  target: Target,
  description: PluginDescription,
  memories: Map<string, Uint8Array>,
  { name, recorded }: Named,
  at: number
) {
  const fields = description.sources.find(({ source_type }) => source_type === recorded.source_type)?.fields
  if (fields === undefined) {
    return yield* unusable("other_source", `${name}: the plugin does not look at ${recorded.source_type}.`)
  }
  if (recorded.configuration !== undefined || description.configuration_schema !== null) {
    const configuration = recorded.configuration === undefined ? new Uint8Array() : jsonBytes(recorded.configuration)
    yield* asked(() => target.client.configureSources({ configuration }, { timeoutMs: callMsMax }))
  }
  const now = yield* DateTime.now
  const sent = projectFields(recorded.data, fields) ?? null
  const observation: Observation = {
    observationId: `dev ${at}`,
    sourceType: recorded.source_type,
    rawData: jsonBytes(sent),
    detectedAt: now,
    occurredAt: now,
    subject: recorded.subject ?? "dev",
    actor: { identifier: Redacted.make("you"), type: "human" }
  }
  const subject = observation.subject ?? ""
  const memory =
    recorded.memory === undefined ? (memories.get(subject) ?? new Uint8Array()) : jsonBytes(recorded.memory)
  const { observationId, rawData, sourceType } = observation
  const answer = yield* asked(() =>
    target.client.verify({ observationId, sourceType, rawData, subject, memory }, { timeoutMs: callMsMax })
  )
  const verdict = yield* Effect.mapError(decodeVerdict(answer), () => outside("its verdict"))
  if (verdict.remember !== null) memories.set(subject, verdict.remember)
  const played: Played = {
    observation: name,
    sent,
    memory: showBytes(memory),
    verdict: verdict.verdict,
    reason: verdict.reason,
    remembers: verdict.remember === null ? undefined : showBytes(verdict.remember),
    evidence: verdict.verdict === "verified" ? showBytes(verdict.evidence) : null,
    leaves: yield* recordOf(description, observation, verdict)
  }
  return played
})

const show = (value: unknown) => JSON.stringify(value) ?? "unchanged"

const draw = (played: Played): ReadonlyArray<string> => [
  "",
  `── ${played.observation}`,
  `sent       ${show(played.sent)}`,
  `memory     ${played.memory === null ? "none" : show(played.memory)}`,
  `verdict    ${played.verdict}${played.reason === "" ? "" : ` (${played.reason})`}`,
  `remembers  ${played.remembers === null ? "nothing: forgotten" : show(played.remembers)}`,
  ...(played.verdict === "verified"
    ? [`evidence   ${show(played.evidence)}; only its salted hash leaves`, "leaves"]
    : ["leaves     nothing"]),
  ...(played.leaves === null ? [] : JSON.stringify(played.leaves, null, 2).split("\n"))
]

// A key, a salt and a chain for one run: nobody's.
const layerRehearsal = ProofChain.layer.pipe(
  Layer.provide([ProofBuilder.layer, ProofLog.layerMemory]),
  Layer.provide(AgentKey.layerMemory),
  Layer.provide([FarmSalt.layerMemory, Ed25519Node.layer])
)

interface DevOptions {
  readonly observations: ReadonlyArray<string>
  readonly command: ReadonlyArray<string>
  readonly watch: boolean
  readonly cwd: string
}

const playAll = Effect.fnUntraced(function* (
  named: ReadonlyArray<Named>,
  [command = "", ...args]: DevOptions["command"]
) {
  const printer = yield* Printer
  const target = yield* Effect.acquireRelease(
    Effect.mapError(openTarget({ _tag: "Program", command, args }), ({ message }) =>
      unusable("not_ready", `the plugin did not start: ${message}.`)
    ),
    ({ close }) => close
  )
  const described = yield* asked(() => target.client.describe({}, { timeoutMs: callMsMax }))
  const description = yield* Effect.mapError(decodeDescription(described), () => outside("its description"))
  if (!printer.json) yield* printer.line(`${description.plugin_id} ${description.version}`)
  const memories = new Map<string, Uint8Array>()
  for (const [at, one] of named.entries()) {
    const played = yield* play(target, description, memories, one, at)
    if (printer.json) yield* printer.data(played)
    else yield* Effect.forEach(draw(played), printer.line, { discard: true })
  }
}, Effect.scoped)

// An editor writes a file in several steps; one run for all of them.
const settleMs = 200

/** A word for each time that something below the folder changed. Folders that tools write to are passed over. */
const changes = (folder: string) =>
  Effect.acquireRelease(
    Effect.gen(function* () {
      const queue = yield* Queue.sliding<void>(1)
      const watcher = watch(folder, { recursive: true }, (_, file) => {
        if (!/(^|\/)(node_modules|\.git|__pycache__)(\/|$)/.test(file ?? "")) Queue.offerUnsafe(queue, undefined)
      })
      return { queue, watcher }
    }),
    ({ watcher }) => Effect.sync(() => watcher.close())
  )

/** Runs `plugin dev`. The observations are one story: what the plugin remembers of a subject is there for the next one of it. */
export const devPlugin = Effect.fn("devPlugin")(function* (options: DevOptions) {
  const printer = yield* Printer
  if (options.command.length === 0) {
    return yield* new CommandFailed({
      code: "no_command",
      detail: "the plugin's program is missing.",
      cure: "Put it last: farmops plugin dev --observation FILE -- node src/main.ts",
      exitCode: exitCodes.usage
    })
  }
  const read = readObservations(options.observations, options.cwd)
  // Files may change between two runs; what came in on standard input is gone.
  const named = options.observations.includes("-") ? Effect.succeed(yield* read) : read
  const once = Effect.flatMap(named, (all) => Effect.provide(playAll(all, options.command), layerRehearsal))
  if (!options.watch) return yield* once
  const { queue } = yield* changes(options.cwd)
  for (;;) {
    yield* Effect.catchTag(once, "CommandFailed", ({ message }) => printer.note(message))
    yield* printer.note("waiting for a change, Ctrl-C to stop")
    yield* Queue.take(queue)
    yield* Effect.sleep(settleMs)
  }
}, Effect.scoped)
