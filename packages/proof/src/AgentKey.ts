/** The one key of an agent and the name that it signs under. Made on first boot; the tracker pins it at enrolment. */
import { Context, Effect, FileSystem, Layer } from "effect"
import type { Ed25519 } from "./Ed25519.ts"
import { KeyFileUnreadable, loadAgentKeyFile } from "./KeyFile.ts"
import { makeSigningKey, type SigningKey, signingKeyFromSeed } from "./SigningKey.ts"
import { uuidV7 } from "./UuidV7.ts"

/** Signs an agent's proofs. Whoever holds this service can add to the agent's chain. */
export class AgentKey extends Context.Service<
  AgentKey,
  SigningKey & {
    /** A lowercase UUID, the same for the life of the agent. */
    readonly agentId: string
  }
>()("@farmops/proof/AgentKey") {
  /** Reads `agent.key` in a directory, making directory (0700) and file (0600) on first boot. */
  static readonly layerFile = (
    directory: string
  ): Layer.Layer<AgentKey, KeyFileUnreadable, Ed25519 | FileSystem.FileSystem> =>
    Layer.effect(
      this,
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        yield* fs.makeDirectory(directory, { recursive: true, mode: 0o700 }).pipe(
          Effect.mapError(
            (error) =>
              new KeyFileUnreadable({
                path: directory,
                reason: "unavailable",
                message: `cannot create the directory ${directory} (${error.reason._tag})`
              })
          )
        )
        const path = `${directory}/agent.key`
        const { agentId, seed } = yield* loadAgentKeyFile(path)
        const key = yield* signingKeyFromSeed(seed)
        return { ...key, agentId }
      })
    )

  /** A fresh agent that is forgotten with the process. */
  static readonly layerMemory: Layer.Layer<AgentKey, never, Ed25519> = Layer.effect(
    this,
    Effect.gen(function* () {
      const key = yield* makeSigningKey
      return { ...key, agentId: yield* uuidV7 }
    })
  )
}
