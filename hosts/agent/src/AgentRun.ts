/** The agent's work from approval to the last delivered proof, in the background of whatever process holds it. */
import { ProofOutbox } from "@farmops/core/delivery/ProofOutbox"
import { exitCodes } from "@farmops/core/host/exitCodes"
import { Health } from "@farmops/core/host/Health"
import { DatabaseUnavailable } from "@farmops/core/sql/DatabaseError"
import { AgentKey } from "@farmops/proof/AgentKey"
import { FarmSalt } from "@farmops/proof/FarmSalt"
import type { KeyFileUnreadable } from "@farmops/proof/KeyFile"
import { ProofBuilder } from "@farmops/proof/ProofBuilder"
import { ProofChain, type Receipt } from "@farmops/proof/ProofChain"
import type { ProofLogUnavailable } from "@farmops/proof/ProofLog"
import { Context, Deferred, Effect, Layer, Option, Runtime, Schema } from "effect"
import type { AgentConfig } from "./AgentConfig.ts"
import { AgentStatus } from "./AgentStatus.ts"
import { type AgentRevoked, obtainFarmSalt } from "./enrolment.ts"
import type { FarmSaltUnusable } from "./FarmSaltFile.ts"
import type { RecoveryKeyFixed, RecoveryKeyUnusable } from "./RecoveryKeyFile.ts"
import { Watching } from "./Watching.ts"
import { watch } from "./watch.ts"

/** The log in the data folder was signed by another key than the one beside it. Restore the key, or start with an empty folder. */
export class AgentKeyLost extends Schema.TaggedError<AgentKeyLost>()("AgentKeyLost", { dataDir: Schema.String }) {
  override get message() {
    return `the proofs in ${this.dataDir} were signed by another key than its agent.key; restore that file from a backup, or use another data folder`
  }
  override readonly [Runtime.errorExitCode] = exitCodes.dataInvalid
}

/** There is no chain to hand over yet: the owner has not approved this agent, or it has stopped. */
export class AgentNotWorking extends Schema.TaggedError<AgentNotWorking>()("AgentNotWorking", {}) {
  override get message() {
    return "the agent is not working yet; approve it first"
  }
}

/** What came of a change of key. */
export interface RotatedKey {
  readonly receipt: Receipt
  readonly publicKey: string
  readonly fingerprint: string
}

const work = Effect.fnUntraced(function* (config: AgentConfig, working: (chain: ProofChain["Service"]) => void) {
  const status = yield* AgentStatus
  const key = yield* AgentKey
  const outbox = yield* ProofOutbox
  const health = yield* Health
  const watched = yield* Watching
  yield* status.update({
    agent_id: key.agentId,
    fingerprint: key.fingerprint,
    source: watched.repositories[0]?.info ?? null
  })
  yield* health.set("approval", false)
  const { confirmed, salt } = yield* obtainFarmSalt(config.dataDir, config.recoveryPublicKey)
  yield* health.set("approval", true)
  const layer = ProofChain.layer.pipe(Layer.provide(ProofBuilder.layer), Layer.provide(FarmSalt.layer(salt)))
  const settling = Effect.gen(function* () {
    working(yield* ProofChain)
    // A rotation that a crash cut short was finished just now.
    yield* status.update({ fingerprint: key.fingerprint })
    yield* watch(config.clusterAlias)
  }).pipe(Effect.scoped)
  yield* Effect.all([Effect.provide(settling, layer), outbox.run, confirmed], {
    concurrency: "unbounded",
    discard: true
  })
})

/** What ends an agent: each needs a person's decision, so none is retried. */
export type AgentFailed =
  | AgentRevoked
  | AgentKeyLost
  | FarmSaltUnusable
  | RecoveryKeyFixed
  | RecoveryKeyUnusable
  | DatabaseUnavailable
  | KeyFileUnreadable

/** Why a key was not rotated. Nothing is signed until it is certain which key is in force. */
export type RotationFailed = AgentNotWorking | AgentKeyLost | KeyFileUnreadable | ProofLogUnavailable

/** A running agent. */
export class AgentRun extends Context.Service<
  AgentRun,
  {
    /** Waits for ever, or fails with what a person has to decide about. */
    readonly join: Effect.Effect<never, AgentFailed>
    /** Hands the agent's chain over to a fresh key while it works. The old key is gone afterwards. */
    readonly rotateKey: Effect.Effect<RotatedKey, RotationFailed>
  }
>()("@farmops/agent/AgentRun") {
  /** Starts the work and returns at once: waiting for approval must not keep a host from serving. */
  static readonly layer = (config: AgentConfig) =>
    Layer.effect(
      AgentRun,
      Effect.gen(function* () {
        const status = yield* AgentStatus
        const key = yield* AgentKey
        const outbox = yield* ProofOutbox
        const ended = yield* Deferred.make<never, AgentFailed>()
        let chain = Option.none<ProofChain["Service"]>()
        const rotateKey = Effect.gen(function* () {
          if (Option.isNone(chain)) return yield* new AgentNotWorking()
          const receipt = yield* chain.value.rotate(config.clusterAlias).pipe(
            // The record is ours alone and built under the chain's lock: what is left over would be a fault of this program.
            Effect.catchTags({
              WorkRefused: Effect.die,
              ObservationAlreadyProved: Effect.die,
              ChainForked: Effect.die,
              ChainOfAnotherAgent: () => Effect.fail(new AgentKeyLost({ dataDir: config.dataDir }))
            })
          )
          yield* status.update({ fingerprint: key.fingerprint })
          yield* outbox.wake
          return { receipt, publicKey: key.publicKey, fingerprint: key.fingerprint }
        })
        const starts = (now: ProofChain["Service"]) => {
          chain = Option.some(now)
        }
        yield* work(config, starts).pipe(
          Effect.catchTags({
            ChainOfAnotherAgent: () => Effect.fail(new AgentKeyLost({ dataDir: config.dataDir })),
            ProofLogUnavailable: ({ cause }) =>
              Effect.fail(
                new DatabaseUnavailable({
                  database: "agent.db",
                  kind: "file",
                  reason: "its proofs cannot be read",
                  cause
                })
              )
          }),
          Effect.andThen(Effect.never),
          Effect.tapCause(() => status.update({ phase: "stopped" })),
          Effect.ensuring(
            Effect.sync(() => {
              chain = Option.none()
            })
          ),
          Effect.onExit((exit) => Deferred.done(ended, exit)),
          Effect.forkScoped
        )
        return { join: Deferred.await(ended), rotateKey }
      })
    )
}
