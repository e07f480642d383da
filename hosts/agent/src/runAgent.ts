/** Runs one agent until it is told to stop: holds its folder, opens its source, and serves. */
import * as DataDirectory from "@farmops/core/host/DataDirectory"
import { type GitOptions, openGitRepository } from "@farmops/plugin-sdk/sources/GitRepository"
import { Effect, Layer } from "effect"
import type { AgentConfig } from "./AgentConfig.ts"
import { AgentRun, agentLayer, gitHistoryPlugin, gitSource } from "./layer.ts"

/** Never ends by itself; fails with what a person has to decide about. */
export const runAgent = Effect.fn("runAgent")(function* (config: AgentConfig, git: GitOptions) {
  const dataDir = yield* DataDirectory.open(config.dataDir)
  const repository = yield* openGitRepository(git)
  const agent = agentLayer({ ...config, dataDir }, gitSource(repository, false), gitHistoryPlugin())
  const services = yield* Layer.build(agent)
  yield* Effect.logInfo("agent started").pipe(
    Effect.annotateLogs({ port: config.port, commits: repository.info.commits })
  )
  return yield* Effect.provide(
    Effect.flatMap(AgentRun, ({ join }) => join),
    services
  )
}, Effect.scoped)
