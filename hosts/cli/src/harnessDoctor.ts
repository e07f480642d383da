/** `farmops harness doctor` and `check`: is the file sound, and would everything that it names do its part. */
import { accessSync, constants, existsSync } from "node:fs"
import { NodeServices } from "@effect/platform-node"
import { exitCodes } from "@farmops/core/host/exitCodes"
import { boundedFetch } from "@farmops/core/http/boundedFetch"
import {
  classifierFileOf,
  dataFolderOf,
  layerReads,
  mindNameOf,
  modelUrlOf,
  soundLine,
  summaryOf
} from "@farmops/harness/layer"
import { checkGitHub, type Finding, fine } from "@farmops/triage/review/checkSetup"
import { Effect } from "effect"
import { CommandFailed } from "./CommandFailed.ts"
import { orCommandFailed } from "./harnessFailure.ts"
import {
  type HarnessFile,
  type HarnessPlace,
  loadHarnessFile,
  type RoutedRepository,
  routedRepositories
} from "./harnessPlace.ts"
import { Printer } from "./Printer.ts"

const answerBytesMax = 1024 * 1024
const askMs = 3000

const fail = (what: string, cure: string): Finding => ({ level: "fail", what, cure })

/** The folder may not be there yet; then its nearest parent has to take it. */
const memoryFinding = (file: HarnessFile): Finding => {
  const folder = dataFolderOf(file)
  if (!existsSync(folder)) return fine(`${folder} will be made for the memory`)
  try {
    accessSync(folder, constants.W_OK)
    return fine(`${folder} takes the memory`)
  } catch {
    return fail(`${folder} cannot be written`, "set memory.path to a place that can, or change the folder's owner")
  }
}

const answers = (url: string) => Effect.isSuccess(boundedFetch({ url, timeoutMs: askMs, bytesMax: answerBytesMax }))

/** A question to a paid model costs money; that of a local one's list does not. */
const modelFinding = Effect.fnUntraced(function* (file: HarnessFile) {
  const { llm } = file
  if (llm.provider === "anthropic") return fine(`${llm.model} of Anthropic has a key; it is asked with the first issue`)
  const url = modelUrlOf(file)
  return (yield* answers(`${url}/api/tags`))
    ? fine(`Ollama answers at ${url}`)
    : fail(`Ollama does not answer at ${url}`, `start it (ollama serve), and: ollama pull ${llm.model}`)
})

const agentFinding = Effect.fnUntraced(function* (file: HarnessFile, { agent, rules }: RoutedRepository) {
  if (agent.url !== undefined) {
    return (yield* answers(`${agent.url.replace(/\/+$/, "")}/health`))
      ? [fine(`the agent of ${rules.repo} answers`)]
      : [fail(`the agent of ${rules.repo} does not answer at ${agent.url}`, "start it; it must answer GET /health")]
  }
  if (mindNameOf(agent) !== "classifier") return []
  return existsSync(classifierFileOf(file, rules.repo))
    ? [fine(`the classifier of ${rules.repo} is trained`)]
    : [
        fail(
          `the classifier of ${rules.repo} has learned nothing yet`,
          `farmops harness train --config FILE ${rules.repo}`
        )
      ]
})

const marks = { ok: "ok  ", warn: "warn", fail: "FAIL" } as const

/** Runs `harness doctor`. Changes nothing. Ends with 69 where something would fail. */
export const harnessDoctor = Effect.fn("harnessDoctor")(
  function* (options: HarnessPlace) {
    const printer = yield* Printer
    const file = yield* loadHarnessFile(options)
    const routed = routedRepositories(file)
    const asksModel = routed.some(({ agent }) => agent.url === undefined && mindNameOf(agent) === "llm")
    const findings: ReadonlyArray<Finding> = [
      fine(`${options.config} is sound`),
      memoryFinding(file),
      ...(asksModel ? [yield* modelFinding(file)] : []),
      ...(yield* Effect.forEach(routed, (one) => agentFinding(file, one))).flat(),
      ...(yield* Effect.provide(checkGitHub(routed.map(({ rules }) => rules)), layerReads(file)))
    ]
    const failures = findings.filter(({ level }) => level === "fail").length
    if (printer.json) yield* printer.data({ ok: failures === 0, findings })
    else {
      for (const { cure, level, what } of findings) {
        yield* printer.line(`${marks[level]}  ${what}${cure === null ? "" : `\n      → ${cure}`}`)
      }
    }
    if (failures > 0) {
      return yield* new CommandFailed({
        code: "not_ready",
        detail: `${failures} of ${findings.length} checks failed.`,
        cure: null,
        exitCode: exitCodes.unavailable
      })
    }
  },
  orCommandFailed,
  Effect.provide(NodeServices.layer)
)

/** Runs `harness check`: the file alone, without a network. */
export const harnessCheck = Effect.fn("harnessCheck")(function* (options: HarnessPlace) {
  const printer = yield* Printer
  const file = yield* loadHarnessFile(options)
  yield* printer.json ? printer.data({ ok: true, ...summaryOf(file) }) : printer.line(soundLine(options.config, file))
}, Effect.provide(NodeServices.layer))
