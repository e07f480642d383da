/**
 * The conformance kit: asks a plugin in any language everything that an agent relies on. It always answers with a report, in
 * bounded time, whatever the plugin does.
 */
import { Code } from "@connectrpc/connect"
import { Cause, Effect, Exit, Result } from "effect"
import type { PluginDescription } from "../contract/Verdict.ts"
import { childEnded } from "../runtime/launch/pluginChild.ts"
import type { Check, Finding, Subject } from "./Check.ts"
import { type CheckResult, type ConformanceReport, makeReport } from "./ConformanceReport.ts"
import { checks } from "./checks.ts"
import { compareGolden, type GoldenFile } from "./goldenVerdict.ts"
import { readyMsMax, type Target, type TargetSpec } from "./openTarget.ts"
import {
  type Ask,
  askDescription,
  askSession,
  askUnary,
  callMsMax,
  checkedDescription,
  configure,
  makeKeeper,
  showReply
} from "./TestedPlugin.ts"

// A check makes at most 64 calls after one another that all hang.
const checkMsMax = 60_000
/** How long a plugin has to end once it is told to. */
const stopMsMax = 2_000

const start = `listens on the socket that it was given within ${readyMsMax / 1000} s`
const describe = `describes itself in the contract's words within ${callMsMax / 1000} s`

const resultOf = ({ expected, name }: Pick<Check, "name" | "expected">, finding: Finding): CheckResult => {
  if (finding === null) return { name, outcome: "passed", expected, reason: null }
  if (typeof finding === "string") return { name, outcome: "failed", expected, reason: finding }
  return { name, outcome: "skipped", expected, reason: finding.skip }
}

// A plugin may do anything at all; that is a finding and no end of the kit.
const bounded = (finding: Effect.Effect<Finding>): Effect.Effect<Finding> =>
  finding.pipe(
    Effect.timeoutOrElse({
      duration: checkMsMax,
      orElse: () => Effect.succeed<Finding>(`it was not through after ${checkMsMax / 1000} s`)
    }),
    Effect.exit,
    Effect.flatMap((exit) => {
      if (Exit.isSuccess(exit)) return Effect.succeed(exit.value)
      if (Cause.hasInterruptsOnly(exit.cause)) return Effect.interrupt
      return Effect.succeed<Finding>(`it could not be looked at: ${Cause.squash(exit.cause)}`)
    })
  )

const json = (value: unknown): Uint8Array =>
  value === undefined ? new Uint8Array() : new TextEncoder().encode(JSON.stringify(value))

const askOf = ({ golden, name }: GoldenFile): Ask => ({
  observationId: name,
  sourceType: golden.source_type,
  rawData: json(golden.data),
  subject: golden.subject ?? "",
  memory: json(golden.memory)
})

const anything = ({ sources }: PluginDescription): readonly [Ask, ...ReadonlyArray<Ask>] => {
  const [first = { source_type: "" }, ...others] = sources
  const ask = ({ source_type }: { readonly source_type: string }): Ask => ({
    observationId: `anything of ${source_type}`,
    sourceType: source_type,
    rawData: json({}),
    subject: "",
    memory: json(undefined)
  })
  return [ask(first), ...others.map(ask)]
}

interface Samples {
  readonly samples: Subject["samples"]
  readonly configuration: unknown
}

// All of one configuration, since a plugin has one at a time.
const samplesOf = (description: PluginDescription, golden: ReadonlyArray<GoldenFile>): Samples => {
  const [first, ...others] = golden
  if (first === undefined) return { samples: anything(description), configuration: undefined }
  const { configuration } = first.golden
  const same = others.filter((file) => JSON.stringify(file.golden.configuration) === JSON.stringify(configuration))
  return { samples: [askOf(first), ...same.map(askOf)], configuration }
}

// One that takes no configuration is not asked to.
const handOver = (target: Target, { configuration_schema }: PluginDescription, configuration: unknown) =>
  Effect.gen(function* () {
    if (configuration_schema === null && configuration === undefined) return null
    const answer = yield* Effect.result(configure(target, configuration))
    if (Result.isSuccess(answer) || configuration === undefined) return null
    return `it refuses the configuration: ${answer.failure.rawMessage}`
  })

const goldenCheck = (file: GoldenFile, description: PluginDescription) => (target: Target) =>
  Effect.gen(function* () {
    const refusal = yield* handOver(target, description, file.golden.configuration)
    if (refusal !== null) return refusal
    const reply = yield* askUnary(target, askOf(file))
    if (reply._tag !== "Verdict") return `it answers ${showReply(reply)}`
    return compareGolden(file.golden, reply.verdict)
  })

const ends = (tell: (target: Target) => void, offered: boolean, ask: Ask) => (target: Target) =>
  Effect.gen(function* () {
    const { child } = target
    if (child === null) return { skip: "it was not started here" }
    // With a stream open, as an agent has one.
    if (offered) yield* askSession(target, ask)
    tell(target)
    const over = yield* Effect.timeoutOption(childEnded(child), stopMsMax)
    if (over._tag === "None") return `it still runs ${stopMsMax / 1000} s later`
    const clean = child.exitCode === 0 || child.signalCode === "SIGTERM"
    return clean ? null : `it ended with ${child.exitCode ?? child.signalCode}`
  })

// The end of a process may be known to the socket before it is to us.
const exitMsMax = 250

const hasDied = ({ child }: Target) =>
  child === null
    ? Effect.succeed(false)
    : Effect.map(Effect.timeoutOption(childEnded(child), exitMsMax), ({ _tag }) => _tag === "Some")

const notAsked = (what: string) => ({ skip: what })

/** Runs every check. `golden` are the author's own verdicts; without them it is asked with what no source would send. */
export const runConformance = Effect.fn("runConformance")(function* (
  spec: TargetSpec,
  golden: ReadonlyArray<GoldenFile> = []
): Effect.fn.Return<ConformanceReport> {
  const keeper = makeKeeper(spec)
  const results: Array<CheckResult> = []
  const record = (check: Pick<Check, "name" | "expected">, finding: Finding) =>
    void results.push(resultOf(check, finding))

  const introduce = Effect.gen(function* () {
    const opened = yield* Effect.result(keeper.open)
    record({ name: "start", expected: start }, Result.isFailure(opened) ? opened.failure.reason : null)
    if (Result.isFailure(opened)) return null
    const answer = yield* Effect.result(askDescription(opened.success))
    const named = { name: "describe", expected: describe }
    if (Result.isFailure(answer)) {
      record(named, `it answers ${Code[answer.failure.code]} to Describe`)
      return null
    }
    const checked = yield* checkedDescription(answer.success)
    record(named, Result.isFailure(checked) ? checked.failure : null)
    return Result.isFailure(checked) ? null : checked.success
  })

  const everything = Effect.gen(function* () {
    const description = yield* introduce
    if (description === null) {
      for (const check of checks) record(check, notAsked("it did not describe itself"))
      return makeReport(null, results)
    }
    const { configuration, samples } = samplesOf(description, golden)
    const token = spec._tag === "Socket" ? spec.token : null

    const runOn = (
      check: Pick<Check, "name" | "expected">,
      given: unknown,
      run: (target: Target) => Effect.Effect<Finding>
    ) =>
      Effect.gen(function* () {
        const ready = yield* Effect.result(keeper.ready)
        if (Result.isFailure(ready)) return record(check, `it could not be started again: ${ready.failure.reason}`)
        const target = ready.success
        yield* bounded(Effect.as(handOver(target, description, given), null))
        const finding = yield* bounded(run(target))
        const died = finding === null ? target.hasEnded() : yield* hasDied(target)
        if (!died) return record(check, finding)
        record(check, typeof finding === "string" ? `its process ended; ${finding}` : "its process ended")
      })

    for (const check of checks) {
      yield* runOn(check, configuration, (target) =>
        check.run({
          target,
          description,
          samples,
          golden: golden.length > 0,
          token: spec._tag === "Program" ? target.token : token
        })
      )
    }
    for (const file of golden) {
      const check = {
        name: `golden/${file.name}`,
        expected: `answers ${file.golden.expect.verdict} as its author says`
      }
      yield* runOn(check, file.golden.configuration, goldenCheck(file, description))
    }

    const offered = description.capabilities.includes("session")
    const endings = [
      {
        name: "sigterm",
        expected: `ends within ${stopMsMax / 1000} s of SIGTERM`,
        tell: ({ child }: Target) => void child?.kill("SIGTERM")
      },
      {
        name: "orphan",
        expected: `ends within ${stopMsMax / 1000} s of the end of its standard input, which is its agent's end`,
        tell: ({ child }: Target) => void child?.stdin?.end()
      }
    ]
    for (const { expected, name, tell } of endings) {
      const ready = yield* Effect.result(keeper.ready)
      if (Result.isFailure(ready)) record({ name, expected }, ready.failure.reason)
      else record({ name, expected }, yield* bounded(ends(tell, offered, samples[0])(ready.success)))
    }
    return makeReport({ id: description.plugin_id, version: description.version }, results)
  })

  return yield* Effect.ensuring(everything, keeper.close)
})
