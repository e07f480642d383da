/** The key of an agent and the name that it signs under. Made on first boot; the tracker pins it at enrolment, and it can be rotated. */
import { Context, Effect, FileSystem, Layer } from "effect"
import type { Ed25519 } from "./Ed25519.ts"
import { adoptNextKeyFile, KeyFileUnreadable, loadAgentKeyFile, loadNextKeyFile } from "./KeyFile.ts"
import { makeSigningKey, type SigningKey, signingKeyFromSeed } from "./SigningKey.ts"
import { uuidV7 } from "./UuidV7.ts"

/**
 * Signs an agent's proofs. Whoever holds this service can add to the agent's chain. `publicKey`, `fingerprint` and `sign`
 * are those of the present key: read them when they are needed, since a rotation changes them.
 */
export class AgentKey extends Context.Service<
  AgentKey,
  SigningKey & {
    /** A lowercase UUID, the same for the life of the agent. */
    readonly agentId: string
    /** A fresh key to rotate to, kept as safely as the present one before this returns. One prepared earlier is gone then. */
    readonly prepareNext: Effect.Effect<SigningKey, KeyFileUnreadable>
    /** The key that was prepared and not adopted, as after a crash; null where there is none. */
    readonly next: Effect.Effect<SigningKey | null, KeyFileUnreadable>
    /** Makes the prepared key the present one. Call it once the chain names that key, never before. */
    readonly adoptNext: Effect.Effect<void, KeyFileUnreadable>
  }
>()("@farmops/proof/AgentKey") {
  /** Reads `agent.key` in a directory, making directory (0700) and file (0600) on first boot. */
  static readonly layerFile = (
    directory: string
  ): Layer.Layer<AgentKey, KeyFileUnreadable, Ed25519 | FileSystem.FileSystem> =>
    Layer.effect(this, makeOnFile(directory))

  /** A fresh agent that is forgotten with the process. */
  static readonly layerMemory: Layer.Layer<AgentKey, never, Ed25519> = Layer.effect(
    this,
    Effect.suspend(() => makeInMemory)
  )
}

/** The present key as a service that follows it from one key to the next. */
const following = (
  agentId: string,
  first: SigningKey,
  keys: Pick<AgentKey["Service"], "prepareNext" | "next"> & { readonly adopt: Effect.Effect<void, KeyFileUnreadable> }
): AgentKey["Service"] => {
  let present = first
  return {
    agentId,
    get publicKey() {
      return present.publicKey
    },
    get fingerprint() {
      return present.fingerprint
    },
    sign: (message) => present.sign(message),
    prepareNext: keys.prepareNext,
    next: keys.next,
    adoptNext: Effect.uninterruptible(
      Effect.gen(function* () {
        const next = yield* keys.next
        if (next === null) return
        yield* keys.adopt
        present = next
      })
    )
  }
}

const makeOnFile = Effect.fnUntraced(function* (directory: string) {
  const fs = yield* FileSystem.FileSystem
  const services = yield* Effect.context<Ed25519 | FileSystem.FileSystem>()
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
  const load = (make: boolean) =>
    Effect.gen(function* () {
      const contents = yield* loadNextKeyFile(path, agentId, { make })
      return contents === null ? null : yield* signingKeyFromSeed(contents.seed)
    }).pipe(Effect.provide(services))
  return following(agentId, yield* signingKeyFromSeed(seed), {
    prepareNext: Effect.flatMap(load(true), (key) =>
      key === null ? Effect.die(new Error("a next key was made and is not there")) : Effect.succeed(key)
    ),
    next: load(false),
    adopt: Effect.provide(adoptNextKeyFile(path), services)
  })
})

const makeInMemory = Effect.gen(function* () {
  const services = yield* Effect.context<Ed25519>()
  let next: SigningKey | null = null
  return following(yield* uuidV7, yield* makeSigningKey, {
    prepareNext: Effect.gen(function* () {
      next = yield* makeSigningKey
      return next
    }).pipe(Effect.provide(services)),
    next: Effect.sync(() => next),
    adopt: Effect.sync(() => {
      next = null
    })
  })
})
