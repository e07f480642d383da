/** The agent's work from approval to the last delivered proof, in the background of whatever process holds it. */
import { ProofOutbox } from "@farmops/core/delivery/ProofOutbox"
import { exitCodes } from "@farmops/core/host/exitCodes"
import { Health } from "@farmops/core/host/Health"
import { DatabaseUnavailable } from "@farmops/core/sql/DatabaseError"
import type { Observation } from "@farmops/plugin-sdk/contract/Observation"
import { AgentKey } from "@farmops/proof/AgentKey"
import { FarmSalt } from "@farmops/proof/FarmSalt"
import { ProofBuilder } from "@farmops/proof/ProofBuilder"
import { ProofChain } from "@farmops/proof/ProofChain"
import { Context, Deferred, Effect, Layer, Runtime, Schema, type Stream } from "effect"
import type { AgentConfig } from "./AgentConfig.ts"
import { AgentStatus } from "./AgentStatus.ts"
import { type AgentRevoked, obtainFarmSalt } from "./enrolment.ts"
import type { FarmSaltUnusable } from "./FarmSaltFile.ts"
import { persist, settleAll } from "./Pipeline.ts"

/** What an agent watches. `backlog` may be run again from its beginning: what is settled is passed over. */
export interface AgentSource {
  readonly info: { readonly kind: string; readonly whose: string; readonly sample: boolean }
  readonly backlogCount: number
  readonly backlog: Stream.Stream<Observation, { readonly _tag: string }>
  readonly follow: Stream.Stream<Observation, { readonly _tag: string }>
}

/** The log in the data folder was signed by another key than the one beside it. Restore the key, or start with an empty folder. */
export class AgentKeyLost extends Schema.TaggedError<AgentKeyLost>()("AgentKeyLost", { dataDir: Schema.String }) {
  override get message() {
    return `the proofs in ${this.dataDir} were signed by another key than its agent.key; restore that file from a backup, or use another data folder`
  }
  override readonly [Runtime.errorExitCode] = exitCodes.dataInvalid
}

const settleSource = Effect.fnUntraced(function* (source: AgentSource) {
  const status = yield* AgentStatus
  const outbox = yield* ProofOutbox
  const codeOf = (error: { readonly _tag: string }) => error._tag
  const backfill = Effect.gen(function* () {
    yield* status.update({ phase: "backfilling", backfill: { done: 0, total: source.backlogCount } })
    yield* settleAll(source.backlog, Effect.andThen(status.advance, outbox.wake))
  })
  yield* persist(backfill, codeOf)
  yield* status.update({ phase: "watching" })
  yield* persist(settleAll(source.follow, outbox.wake), codeOf)
})

const work = Effect.fnUntraced(function* (config: AgentConfig, source: AgentSource) {
  const status = yield* AgentStatus
  const key = yield* AgentKey
  const outbox = yield* ProofOutbox
  const health = yield* Health
  yield* status.update({ agent_id: key.agentId, fingerprint: key.fingerprint, source: source.info })
  yield* health.set("approval", false)
  const { confirmed, salt } = yield* obtainFarmSalt(config.dataDir)
  yield* health.set("approval", true)
  const chain = ProofChain.layer.pipe(Layer.provide(ProofBuilder.layer), Layer.provide(FarmSalt.layer(salt)))
  yield* Effect.all([Effect.provide(settleSource(source), chain), outbox.run, confirmed], {
    concurrency: "unbounded",
    discard: true
  })
})

/** What ends an agent: each needs a person's decision, so none is retried. */
export type AgentFailed = AgentRevoked | AgentKeyLost | FarmSaltUnusable | DatabaseUnavailable

/** A running agent. `join` waits for ever, or fails with what a person has to decide about. */
export class AgentRun extends Context.Service<AgentRun, { readonly join: Effect.Effect<never, AgentFailed> }>()(
  "@farmops/agent/AgentRun"
) {
  /** Starts the work and returns at once: waiting for approval must not keep a host from serving. */
  static readonly layer = (config: AgentConfig, source: AgentSource) =>
    Layer.effect(
      AgentRun,
      Effect.gen(function* () {
        const status = yield* AgentStatus
        const ended = yield* Deferred.make<never, AgentFailed>()
        yield* work(config, source).pipe(
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
          Effect.onExit((exit) => Deferred.done(ended, exit)),
          Effect.forkScoped
        )
        return { join: Deferred.await(ended) }
      })
    )
}
