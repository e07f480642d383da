/** Appends proofs to one agent's chain. A chain never forks: each proof is built on the current head, one at a time. */
import { Context, Effect, Layer, Redacted, Schema, Semaphore } from "effect"
import { AgentKey } from "./AgentKey.ts"
import { nobleBackend } from "./NobleBackend.ts"
import { type BuiltProof, ProofBuilder, type VerifiedWork } from "./ProofBuilder.ts"
import { ChainForked, type LogEntry, ObservationAlreadyProved, ProofLog } from "./ProofLog.ts"
import type { SigningKey } from "./SigningKey.ts"
import { type ChainHead, parseProof, verifyProof } from "./verify.ts"

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

/** The key given for a recovery is the agent's own: only the recovery key that was fixed at enrolment can take a chain back. */
export class RecoveryKeyUnfit extends Schema.TaggedError<RecoveryKeyUnfit>()("RecoveryKeyUnfit", {
  publicKey: Schema.String
}) {}

/** Whether the log's last entry is the work of this agent: signed by its present key, or the record that named that key. */
const checkOwn = Effect.fnUntraced(function* (key: AgentKey["Service"], line: string) {
  const stranger = new ChainOfAnotherAgent({ agentId: key.agentId, publicKey: key.publicKey })
  const parsed = parseProof(line)
  if (!parsed.ok || parsed.value.proof.agent.agent_id !== key.agentId) return yield* stranger
  const rotatedTo = parsed.value.proof.key_rotation?.new_public_key
  if (rotatedTo === undefined) {
    return verifyProof(line, key.publicKey, nobleBackend).ok ? undefined : yield* stranger
  }
  // The chain names its new key and the process died before the key's file had its place.
  if ((yield* key.next)?.publicKey === rotatedTo) yield* key.adoptNext
  if (key.publicKey !== rotatedTo) return yield* stranger
})

const make = Effect.gen(function* () {
  const log = yield* ProofLog
  const builder = yield* ProofBuilder
  const key = yield* AgentKey
  // One permit: two appends that read the same head would otherwise both build on it.
  const lock = yield* Semaphore.make(1)

  const entryAt = Effect.fnUntraced(function* (sequence: number) {
    return (yield* log.entriesAfter(sequence - 1, 1)).find((entry) => entry.sequence === sequence)
  })

  // Whether log and key may name different keys: an answer was lost, or a file could not be moved.
  let unsettled = true

  /** Brings the key in line with the log's last record. Nothing is signed before: a retired key would end the chain. */
  const settle = Effect.gen(function* () {
    if (!unsettled) return
    const head = yield* log.head
    const last = head === null ? undefined : yield* entryAt(head.sequence)
    if (last !== undefined) yield* checkOwn(key, last.line)
    unsettled = false
  })
  yield* settle

  const entryOf = ({ evidenceSalt, hash, line, proof }: BuiltProof, observationId: string): LogEntry => ({
    proofId: proof.proof_id,
    sequence: proof.sequence,
    hash,
    line,
    observationId,
    evidenceSalt: Redacted.value(evidenceSalt)
  })
  const receiptOf = ({ hash, line, proofId, sequence }: LogEntry): Receipt => ({ proofId, sequence, hash, line })

  /** Proves one observation. When it returns, proof and observation are in the log as durably as the log can. */
  const append = Effect.fn("ProofChain.append")(function* (work: VerifiedWork, observationId: string) {
    yield* settle
    if (yield* log.hasObservation(observationId)) return yield* new ObservationAlreadyProved({ observationId })
    const entry = entryOf(yield* builder.build(work, yield* log.head), observationId)
    yield* log.append(entry)
    return receiptOf(entry)
  }, lock.withPermits(1))

  // The new key is on disk before the chain names it, and in its place only after: whatever fails in between, `settle` goes on from there.
  const handOver = Effect.fnUntraced(function* (
    clusterAlias: string,
    signer: Pick<SigningKey, "sign">,
    after: ChainHead | null,
    write: (entry: LogEntry) => ReturnType<typeof log.append>
  ) {
    const newKey = yield* key.prepareNext
    unsettled = true
    const built = yield* builder.buildRotation({ clusterAlias, newKey, signer }, after)
    const entry = entryOf(built, `farmops:key-rotation:${newKey.publicKey}`)
    yield* write(entry)
    yield* key.adoptNext
    unsettled = false
    return receiptOf(entry)
  }, Effect.uninterruptible)

  /** Hands the chain over to a fresh key. From the next proof on that key signs; proofs before stay good under the old one. */
  const rotate = Effect.fn("ProofChain.rotate")(function* (clusterAlias: string) {
    yield* settle
    return yield* handOver(clusterAlias, key, yield* log.head, log.append)
  }, lock.withPermits(1))

  /**
   * Hands the chain over to a fresh key by the agent's recovery key, after the proof at `after` (−1: before the first).
   * Later proofs leave the chain and their observations are open again: whoever else held the key may have signed in their places.
   * That `recoveryKey` is the one fixed at enrolment is for the caller to know: with another, no tracker takes the chain any more.
   */
  const recover = Effect.fn("ProofChain.recover")(function* (
    clusterAlias: string,
    recoveryKey: Pick<SigningKey, "publicKey" | "sign">,
    after: number
  ) {
    yield* settle
    // With the key in force this would be a second record for a place that it has signed: evidence against its own agent.
    if (recoveryKey.publicKey === key.publicKey) return yield* new RecoveryKeyUnfit({ publicKey: key.publicKey })
    const base = yield* entryAt(after)
    if (after !== -1 && base === undefined) {
      return yield* new ChainForked({ expected: ((yield* log.head)?.sequence ?? -1) + 1, received: after + 1 })
    }
    return yield* handOver(clusterAlias, recoveryKey, base ?? null, (entry) => log.replaceAfter(after, entry))
  }, lock.withPermits(1))

  return { append, rotate, recover, head: log.head } as const
})

/** The agent's chain: reads the head, builds on it, writes, under one lock. */
export class ProofChain extends Context.Service<ProofChain>()("@farmops/proof/ProofChain", { make }) {
  static readonly layer = Layer.effect(this, this.make)
}
