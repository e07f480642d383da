/**
 * The harness's own chain in the background of its work: enrolled with a tracker where one is named, and a local one where none is.
 * Triage never waits for it. What is recorded before the chain is ready is proved when it is.
 */
import { type OutboxState, ProofOutbox } from "@farmops/core/delivery/ProofOutbox"
import type { TrackerAccess } from "@farmops/core/delivery/TrackerAccess"
import { TrackerClient } from "@farmops/core/delivery/TrackerClient"
import { AgentKey } from "@farmops/proof/AgentKey"
import * as Ed25519Node from "@farmops/proof/Ed25519Node"
import { FarmSalt } from "@farmops/proof/FarmSalt"
import type { KeyFileUnreadable } from "@farmops/proof/KeyFile"
import { ProofBuilder } from "@farmops/proof/ProofBuilder"
import { ProofChain } from "@farmops/proof/ProofChain"
import { ProofLog } from "@farmops/proof/ProofLog"
import { Context, Effect, type FileSystem, Layer } from "effect"
import type { SqlClient } from "effect/sql"
import type { StoreUnavailable } from "../StoreUnavailable.ts"
import { DecisionProver } from "../work/triagePorts.ts"
import { farmSalt, ownSalt } from "./chainSalt.ts"
import { type DecisionProofsOptions, makeProveRecorded, type ProofImpossible } from "./DecisionProofs.ts"

/** Where the chain lives, and who takes its proofs. */
export interface HarnessChainOptions extends DecisionProofsOptions {
  /** Holds `agent.key` and the salt. */
  readonly dataDir: string
  /** Null keeps the proofs here. */
  readonly tracker: { readonly url: string; readonly access?: TrackerAccess } | null
}

/** How the chain stands, for `status`. */
export interface ChainStanding {
  readonly agentId: string
  readonly publicKey: string
  readonly fingerprint: string
  /** `waiting` for the owner's approval, `ready`, or the tag of what ended it. */
  readonly state: string
  /** Proofs that the tracker has on its disk, and those that it has not; null without a tracker. */
  readonly outbox: Pick<OutboxState, "delivered" | "pending" | "lastError"> | null
}

/** The chain's background work. */
export class HarnessChain extends Context.Service<HarnessChain, { readonly standing: Effect.Effect<ChainStanding> }>()(
  "@farmops/triage/HarnessChain"
) {}

type Prove = Effect.Effect<number, ProofImpossible | StoreUnavailable>

const noOutbox = { state: null, wake: Effect.void, run: Effect.never }

const make = Effect.fnUntraced(function* (options: HarnessChainOptions) {
  const { clusterAlias, dataDir, tracker } = options
  const key = yield* AgentKey
  const log = yield* ProofLog
  const services = yield* Effect.context<SqlClient.SqlClient | FileSystem.FileSystem | ProofLog | AgentKey>()
  const client = tracker === null ? null : yield* Layer.build(TrackerClient.layer(tracker.url, tracker.access ?? {}))
  const outbox =
    client === null
      ? noOutbox
      : Context.get(
          yield* Layer.build(
            ProofOutbox.layer.pipe(
              Layer.provide(Layer.mergeAll(Layer.succeedContext(client), Layer.succeed(ProofLog, log)))
            )
          ),
          ProofOutbox
        )
  let prove: Prove | null = null
  let state = "waiting"

  const begin = Effect.gen(function* () {
    const salt =
      client === null ? yield* ownSalt(dataDir) : yield* Effect.provide(farmSalt(dataDir, clusterAlias), client)
    const chain = ProofChain.layer.pipe(Layer.provide(ProofBuilder.layer), Layer.provide(FarmSalt.layer(salt)))
    prove = yield* Effect.provide(makeProveRecorded(options), chain)
    state = "ready"
    yield* prove
    yield* outbox.wake
  })

  yield* begin.pipe(
    Effect.provide(services),
    Effect.catch((error) => {
      state = error._tag
      return Effect.logError(error.message)
    }),
    Effect.andThen(outbox.run),
    Effect.forkScoped
  )

  return Context.make(DecisionProver, {
    prove: () => Effect.suspend(() => (prove === null ? Effect.void : Effect.andThen(prove, outbox.wake)))
  }).pipe(
    Context.add(HarnessChain, {
      standing: Effect.sync(() => ({
        agentId: key.agentId,
        publicKey: key.publicKey,
        fingerprint: key.fingerprint,
        state,
        outbox: outbox.state?.value ?? null
      }))
    })
  )
})

/** Needs the tables of `ProofLogSql` beside those of `triageMigrations`: `ProofLogSql.layer` makes them. */
export const layerHarnessChain = (
  options: HarnessChainOptions
): Layer.Layer<
  DecisionProver | HarnessChain,
  KeyFileUnreadable,
  ProofLog | SqlClient.SqlClient | FileSystem.FileSystem
> =>
  Layer.effectContext(make(options)).pipe(
    Layer.provide(AgentKey.layerFile(options.dataDir)),
    Layer.provide(Ed25519Node.layer)
  )
