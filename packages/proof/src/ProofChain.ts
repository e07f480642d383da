/** Appends proofs to one agent's chain. A chain never forks: each proof is built on the current head, one at a time. */
import { Context, Effect, Layer, Redacted, Schema, Semaphore } from "effect"
import { AgentKey } from "./AgentKey.ts"
import { nobleBackend } from "./NobleBackend.ts"
import { ProofBuilder, type VerifiedWork } from "./ProofBuilder.ts"
import { ObservationAlreadyProved, ProofLog } from "./ProofLog.ts"
import { verifyProof } from "./verify.ts"

/** What is certain once `append` returns: this proof is in the log. */
export interface Receipt {
  readonly proofId: string
  readonly sequence: number
  readonly hash: string
  readonly line: string
}

/**
 * The log was signed by another key, or in another agent's name. Continuing would make a chain that nobody accepts:
 * restore the key file that belongs to this log, or start a new log.
 */
export class ChainOfAnotherAgent extends Schema.TaggedError<ChainOfAnotherAgent>()("ChainOfAnotherAgent", {
  agentId: Schema.String,
  publicKey: Schema.String
}) {}

const make = Effect.gen(function* () {
  const log = yield* ProofLog
  const builder = yield* ProofBuilder
  const key = yield* AgentKey
  // One permit: two appends that read the same head would otherwise both build on it.
  const lock = yield* Semaphore.make(1)

  const head = yield* log.head
  const last = head === null ? undefined : (yield* log.entriesAfter(head.sequence - 1, 1))[0]
  if (last !== undefined) {
    const checked = verifyProof(last.line, key.publicKey, nobleBackend)
    if (!checked.ok || checked.value.proof.agent.agent_id !== key.agentId) {
      return yield* new ChainOfAnotherAgent({ agentId: key.agentId, publicKey: key.publicKey })
    }
  }

  /** Proves one observation. When it returns, proof and observation are in the log as durably as the log can. */
  const append = Effect.fn("ProofChain.append")(function* (work: VerifiedWork, observationId: string) {
    if (yield* log.hasObservation(observationId)) return yield* new ObservationAlreadyProved({ observationId })
    const built = yield* builder.build(work, yield* log.head)
    const { hash, line, proof } = built
    const receipt: Receipt = { proofId: proof.proof_id, sequence: proof.sequence, hash, line }
    yield* log.append({ ...receipt, observationId, evidenceSalt: Redacted.value(built.evidenceSalt) })
    return receipt
  }, lock.withPermits(1))

  return { append, head: log.head } as const
})

/** The agent's chain: reads the head, builds on it, writes, under one lock. */
export class ProofChain extends Context.Service<ProofChain>()("@farmops/proof/ProofChain", { make }) {
  static readonly layer = Layer.effect(this, this.make)
}
