/** Which mind a command of the harness asks, in this process. */
import { exitCodes } from "@farmops/core/host/exitCodes"
import { classifierFileOf, mindAgent, mindNameOf, openMind } from "@farmops/harness/layer"
import { Effect, Option } from "effect"
import { CommandFailed } from "./CommandFailed.ts"
import type { HarnessFile, RoutedRepository } from "./harnessPlace.ts"

/** The minds that come with the harness. */
export const mindChoices = ["keyword", "classifier", "llm"] as const

/** One of {@link mindChoices}. */
export type MindChoice = (typeof mindChoices)[number]

/** The mind that was named, or the file's own where that one runs here. */
export const chooseMind = Effect.fnUntraced(function* (
  { agent, rules }: RoutedRepository,
  named: Option.Option<MindChoice>
) {
  if (Option.isSome(named)) return named.value
  if (agent.url === undefined) return mindNameOf(agent)
  return yield* new CommandFailed({
    code: "agent_elsewhere",
    detail: `the agent of ${rules.repo} is somebody else's program.`,
    cure: "Name a mind to be asked here: --mind keyword, classifier or llm",
    exitCode: exitCodes.usage
  })
})

/** What a task names as its model. */
export const llmOf = ({ llm: { model, provider } }: HarnessFile) => ({ provider, model })

/** The mind as an agent. A model's client repeats what is worth it; nothing is repeated beside that. */
export const openAgent = Effect.fnUntraced(function* (
  file: HarnessFile,
  repo: string,
  mind: MindChoice,
  instructions?: string
) {
  const options = instructions === undefined ? {} : { instructions }
  return mindAgent(yield* openMind(file, mind, classifierFileOf(file, repo), options))
})
