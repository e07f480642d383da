/** The chain of an agent that does not run now, opened from its data folder for maintenance. Nobody else can use the folder meanwhile. */
import { dirname, join } from "node:path"
import * as DataDirectory from "@farmops/core/host/DataDirectory"
import { exitCodes } from "@farmops/core/host/exitCodes"
import * as Database from "@farmops/core/sql/Database"
import { observationMigrations } from "@farmops/plugin-sdk/runtime/observations/observationTables"
import { AgentKey } from "@farmops/proof/AgentKey"
import * as Ed25519Node from "@farmops/proof/Ed25519Node"
import { FarmSalt } from "@farmops/proof/FarmSalt"
import { ProofBuilder } from "@farmops/proof/ProofBuilder"
import { ProofChain } from "@farmops/proof/ProofChain"
import * as ProofLogSql from "@farmops/proof/ProofLogSql"
import { Effect, FileSystem, Layer, Runtime, Schema } from "effect"
import { readFarmSalt } from "./FarmSaltFile.ts"
import { seenPluginMigrations } from "./seenPlugins.ts"
import { sourceMemoryMigrations } from "./sourceMemories.ts"

/** The folder is not one in which an approved agent has worked. Nothing was made there. */
export class NoAgentHere extends Schema.TaggedError<NoAgentHere>()("NoAgentHere", { path: Schema.String }) {
  override get message() {
    return `${this.path} is not the data folder of an approved agent (\`farmops up\` keeps its agent in .farmops/agent)`
  }
  override readonly [Runtime.errorExitCode] = exitCodes.dataInvalid
}

/** The agent's one database: its log, and what waits for its plugins. */
export const layerAgentDatabase = (dataDir: string) => Database.layer(join(dataDir, "agent.db"))

/** The agent's log, with the delivery cursor beside the proofs. */
export const layerLogTables = ProofLogSql.layer.pipe(
  Layer.provide(Database.layerMigrations("agent", ProofLogSql.migrations))
)

/** The tables of the observation store. */
export const layerStoreTables = Database.layerMigrations("agent_observations", observationMigrations)

/** The table of what sources remember. */
export const layerSourceMemoryTables = Database.layerMigrations("agent_sources", sourceMemoryMigrations)

/** The table of the plugins that were in the folder of sockets. */
export const layerSeenPluginTables = Database.layerMigrations("agent_plugins", seenPluginMigrations)

/** The agent's log alone, for whoever needs no more of it. */
export const layerProofLog = (dataDir: string) => layerLogTables.pipe(Layer.provide(layerAgentDatabase(dataDir)))

const holdFolders = Effect.fnUntraced(function* (path: string) {
  const fs = yield* FileSystem.FileSystem
  const exists = (file: string) => Effect.orElseSucceed(fs.exists(file), () => false)
  for (const file of ["agent.key", "agent.db", "farm-salt"]) {
    if (!(yield* exists(join(path, file)))) return yield* new NoAgentHere({ path })
  }
  // `farmops up` holds the folder above, for all of its parts.
  if (yield* exists(join(dirname(path), "lock.db"))) yield* DataDirectory.open(dirname(path))
  return yield* DataDirectory.open(path)
})

/** Key, log and chain of the agent in `path`, held until the scope closes. */
export const layerStoredChain = (path: string) =>
  Layer.unwrap(
    Effect.gen(function* () {
      const dataDir = yield* holdFolders(path)
      const salt = yield* readFarmSalt(dataDir)
      if (salt === null) return yield* new NoAgentHere({ path })
      return ProofChain.layer.pipe(
        Layer.provide(ProofBuilder.layer),
        Layer.provide(FarmSalt.layer(salt)),
        Layer.provideMerge(layerProofLog(dataDir)),
        Layer.provideMerge(AgentKey.layerFile(dataDir)),
        Layer.provideMerge(Ed25519Node.layer)
      )
    })
  )
