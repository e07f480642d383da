/** `farmops harness replay`: recorded tasks, asked of another mind, model or prompt. */
import { resolve } from "node:path"
import { NodeServices } from "@effect/platform-node"
import { exitCodes } from "@farmops/core/host/exitCodes"
import { type ReplayRoute, replay } from "@farmops/triage/review/replay"
import { Effect, FileSystem, Option } from "effect"
import { CommandFailed } from "./CommandFailed.ts"
import { orCommandFailed } from "./harnessFailure.ts"
import { chooseMind, llmOf, type MindChoice, openAgent } from "./harnessMind.ts"
import {
  type HarnessFile,
  type HarnessPlace,
  layerMemory,
  loadHarnessFile,
  routedRepositories
} from "./harnessPlace.ts"
import { Printer } from "./Printer.ts"
import { costLine } from "./shares.ts"
import { terminalBar } from "./terminalBar.ts"

/** What is asked instead of what the file says. */
interface Instead {
  readonly mind: Option.Option<MindChoice>
  readonly model: Option.Option<string>
  readonly prompt: Option.Option<string>
}

type Replay = Effect.Success<ReturnType<typeof replay>>

// Longer than any instructions a model follows.
const promptBytesMax = 64 * 1024

const failed = (code: string, detail: string, exitCode: number) =>
  new CommandFailed({ code, detail, cure: null, exitCode })

/** A model and a prompt are those of the mind that has them. */
const mindInstead = ({ mind, model, prompt }: Instead): Effect.Effect<Option.Option<MindChoice>, CommandFailed> => {
  if (Option.isNone(model) && Option.isNone(prompt)) return Effect.succeed(mind)
  return Option.isSome(mind) && mind.value !== "llm"
    ? Effect.fail(failed("usage", `--model and --prompt are for --mind llm, not ${mind.value}.`, exitCodes.usage))
    : Effect.succeed(Option.some("llm"))
}

const readPrompt = Effect.fnUntraced(function* (named: string, cwd: string) {
  const path = resolve(cwd, named)
  const fs = yield* FileSystem.FileSystem
  const unreadable = (why: string) => failed("prompt_unreadable", `${path} ${why}.`, exitCodes.io)
  const info = yield* Effect.mapError(fs.stat(path), () => unreadable("cannot be read"))
  if (info.type !== "File" || info.size > promptBytesMax) {
    return yield* unreadable(`is no text of at most ${promptBytesMax} bytes`)
  }
  const text = yield* Effect.mapError(fs.readFileString(path), () => unreadable("cannot be read"))
  return text.trim() === "" ? yield* unreadable("is empty") : text
})

const routesOf = Effect.fnUntraced(function* (file: HarnessFile, instead: Instead, instructions?: string) {
  const named = yield* mindInstead(instead)
  const routes = new Map<string, ReplayRoute>()
  for (const routed of routedRepositories(file)) {
    const mind = yield* chooseMind(routed, named)
    const { rules } = routed
    const agent = yield* openAgent(file, rules.repo, mind, instructions)
    routes.set(rules.repo.toLowerCase(), { rules, llm: llmOf(file), agent })
  }
  return routes
})

const linesOf = (result: Replay): ReadonlyArray<string> => {
  const { cost, different, differences, same, skipped, tasks, unanswered } = result
  return [
    ...differences.map(
      ({ added, after, before, gone, issue, repo }) =>
        `${repo}#${issue}  ${before === after ? before : `${before} → ${after}`}${[...gone.map((deed) => `  -${deed}`), ...added.map((deed) => `  +${deed}`)].join("")}`
    ),
    ...(differences.length === 0 ? [] : [""]),
    `${tasks} tasks: ${same} decided the same, ${different} differently${unanswered === 0 ? "" : `, ${unanswered} without an answer`}${skipped === 0 ? "" : `; ${skipped} of repositories that are not in the file were skipped`}`,
    `before: ${costLine(cost.before)}`,
    `now:    ${costLine(cost.after)}`
  ]
}

/** Runs the command. Reads the log, asks the mind, and writes nothing. */
export const harnessReplay = Effect.fn("harnessReplay")(
  function* (options: HarnessPlace & Instead & { readonly last: number }) {
    const printer = yield* Printer
    const given = yield* loadHarnessFile(options)
    const file: HarnessFile = Option.match(options.model, {
      onNone: () => given,
      onSome: (model) => ({ ...given, llm: { ...given.llm, model } })
    })
    const instructions = Option.isSome(options.prompt)
      ? yield* readPrompt(options.prompt.value, options.cwd)
      : undefined
    const routes = yield* routesOf(file, options, instructions)
    const bar = terminalBar("asking", process.stderr.isTTY && !printer.json)
    const routeOf = (repo: string) => routes.get(repo.toLowerCase()) ?? null
    const result = yield* replay({ last: options.last, routeOf, progress: bar.report }).pipe(
      Effect.provide(layerMemory(file)),
      Effect.ensuring(bar.clear)
    )
    if (printer.json) return yield* printer.data(result)
    for (const line of linesOf(result)) yield* printer.line(line)
    for (const note of result.not_recorded) yield* printer.note(note)
  },
  orCommandFailed,
  Effect.provide(NodeServices.layer)
)
