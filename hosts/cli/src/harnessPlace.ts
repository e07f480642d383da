/** What the commands of the harness read first: its file, a repository of it, and its memory, which they never make. */
import { existsSync } from "node:fs"
import { resolve } from "node:path"
import type { Environment } from "@farmops/core/config/substituteEnvironment"
import { exitCodes } from "@farmops/core/host/exitCodes"
import { HarnessSettings, layerStore, memoryFileOf, rulesOf } from "@farmops/harness/layer"
import { sameName } from "@farmops/triage/TriageRules"
import { Effect, Layer } from "effect"
import { CommandFailed } from "./CommandFailed.ts"

/** What every such command is told. */
export interface HarnessPlace {
  readonly config: string
  readonly cwd: string
  readonly environment: Environment
}

/** The harness's file, checked as a whole. */
export type HarnessFile = HarnessSettings["Service"]

/** Reads the file. */
export const loadHarnessFile = Effect.fnUntraced(function* ({ config, cwd, environment }: HarnessPlace) {
  return yield* Effect.provide(HarnessSettings, HarnessSettings.layer(resolve(cwd, config), environment))
})

/** Each repository with its agent and the rules for it. */
export const routedRepositories = (file: HarnessFile) =>
  file.repos.flatMap((repository) =>
    repository.agents.map((agent) => ({ repository, agent, rules: rulesOf(file, repository, agent) }))
  )

/** A repository of the file with its agent. */
export type RoutedRepository = ReturnType<typeof routedRepositories>[number]

/** The one that was named on the command line, as the file has it. */
export const findRepository = Effect.fnUntraced(function* (file: HarnessFile, named: string) {
  const all = routedRepositories(file)
  const found = all.find(({ rules }) => sameName(rules.repo, named))
  if (found !== undefined) return found
  const some = all.slice(0, 5).map(({ rules }) => rules.repo)
  return yield* new CommandFailed({
    code: "unknown_repository",
    detail: `${JSON.stringify(named)} is not in the file.`,
    cure: `It has ${some.join(", ")}${all.length > some.length ? " and others" : ""}.`,
    exitCode: exitCodes.usage
  })
})

/** The log and what is derived from it. Fails where there is none: opening it would make one. */
export const layerMemory = (file: HarnessFile) =>
  Layer.unwrap(
    Effect.suspend(() =>
      existsSync(memoryFileOf(file))
        ? Effect.succeed(layerStore(memoryFileOf(file)))
        : Effect.fail(
            new CommandFailed({
              code: "no_memory",
              detail: `there is no memory at ${memoryFileOf(file)}.`,
              cure: "The harness makes it when it runs for the first time.",
              exitCode: exitCodes.unavailable
            })
          )
    )
  )
