/**
 * The one way into the ledger: signature, link to the stored head, uniqueness, score and sums in one transaction, on disk
 * before the answer. Submissions queue up for one writer, which commits up to {@link groupMax} of them at once.
 */
import { Ed25519 } from "@farmops/proof/Ed25519"
import { parseProof } from "@farmops/proof/verify"
import { Cause, Clock, Context, DateTime, Deferred, Effect, Exit, Layer, Metric, Queue, Result } from "effect"
import { SqlError } from "effect/sql"
import { coinsTotal, intakeSeconds, proofsTotal } from "./intakeMetrics.ts"
import { LedgerCommits } from "./LedgerCommits.ts"
import { LedgerUnavailable } from "./LedgerUnavailable.ts"
import { LedgerWriter, type WrittenProof } from "./LedgerWriter.ts"
import { type ProofRefused, refused, refusedFor } from "./ProofRefused.ts"
import { TrustStore } from "./TrustStore.ts"
import { afterCandidate, type Candidate, checkSigner, type SignerView } from "./trust/checkSigner.ts"

/** A proof that is on disk. */
export interface Accepted {
  readonly proof_id: string
  readonly sequence: number
  readonly hash: string
  readonly coins: number
  /** True where the ledger held this very proof before. */
  readonly already: boolean
}

/** The answer to one line of a batch. */
export type IntakeAnswer = Result.Result<Accepted, ProofRefused>

/** Proofs in one transaction: beyond this a commit costs little compared with the proofs themselves. */
export const groupMax = 256

/** Proofs that may wait for the writer, 16 MiB at most. A sender beyond that waits in turn; it is never turned away. */
const waitingMax = 2048

/** How far a proof's time may lie ahead of the tracker's clock. */
export const futureMsMax = 5 * 60_000

interface Job extends Candidate {
  readonly answer: Deferred.Deferred<IntakeAnswer, LedgerUnavailable>
}

const acceptedOf = ({ already, coins, hash, proofId, sequence }: WrittenProof): Accepted => ({
  proof_id: proofId,
  sequence,
  hash,
  coins,
  already
})

const reasonOf = (cause: unknown): string => (SqlError.isSqlError(cause) ? cause.reason._tag : "unknown")

const countAnswer = Effect.fnUntraced(function* (answer: IntakeAnswer) {
  const result = Result.isFailure(answer) ? answer.failure.code : answer.success.already ? "already" : "accepted"
  yield* Metric.update(Metric.withAttributes(proofsTotal, { result }), 1)
})

const make = Effect.gen(function* () {
  const { backend } = yield* Ed25519
  const trust = yield* TrustStore
  const writer = yield* LedgerWriter
  const queue = yield* Queue.bounded<Job>(waitingMax)
  const { announce, committed } = yield* LedgerCommits

  const approvedAgent = (agentId: string) =>
    trust.approved(agentId).pipe(
      Effect.catchTags({
        AgentUnknown: () => Effect.fail(refused("agent_unknown", "this agent is not enrolled here")),
        AgentPending: () => Effect.fail(refused("agent_pending", "the farm's owner has not approved this agent yet")),
        AgentRevoked: () => Effect.fail(refused("agent_revoked", "the farm's owner revoked this agent"))
      })
    )

  /** All that can be said of a line without the writer. A change of key holds for the lines after it. */
  const check = Effect.fnUntraced(function* (line: string | Uint8Array, signers: Map<string, SignerView>) {
    // Untrusted: sent by anybody who can reach the tracker.
    const parsed = parseProof(line)
    if (!parsed.ok) return yield* refusedFor(parsed.fault)
    const { proof } = parsed.value
    const now = (yield* DateTime.now).epochMilliseconds
    if (Date.parse(proof.timestamp) > now + futureMsMax) {
      return yield* refused("future_timestamp", "the work's time is more than 5 minutes in this tracker's future")
    }
    const { agent_id } = proof.agent
    const view = signers.get(agent_id) ?? (yield* approvedAgent(agent_id)).signers
    signers.set(agent_id, view)
    const signed = checkSigner(line, proof, view, backend)
    if (!signed.ok) return yield* refusedFor(signed.fault)
    signers.set(agent_id, afterCandidate(view, signed.value))
    const job: Job = { ...signed.value, answer: yield* Deferred.make<IntakeAnswer, LedgerUnavailable>() }
    return job
  })

  const commitGroup = Effect.fnUntraced(function* (jobs: ReadonlyArray<Job>) {
    const answers = yield* writer.write(jobs)
    for (const [at, job] of jobs.entries()) {
      const answer = answers[at]
      if (answer !== undefined) yield* Deferred.succeed(job.answer, Result.map(answer, acceptedOf))
    }
    const fresh = answers.filter(Result.isSuccess).filter(({ success }) => !success.already)
    if (fresh.length === 0) return
    yield* announce
    for (const { success } of fresh) {
      yield* Metric.update(Metric.withAttributes(coinsTotal, { board: success.board }), success.coins)
    }
  })

  const writeGroup = (jobs: ReadonlyArray<Job>) =>
    commitGroup(jobs).pipe(
      Effect.catchCause((cause) => {
        const error = Cause.squash(cause)
        const failure = error instanceof LedgerUnavailable ? error : new LedgerUnavailable({ cause: error })
        return Effect.andThen(
          // Never the cause itself: a driver may quote what it was given.
          Effect.logError("a group of proofs could not be stored; their senders will try again").pipe(
            Effect.annotateLogs({ proofs: jobs.length, reason: reasonOf(failure.cause) })
          ),
          Effect.forEach(jobs, ({ answer }) => Deferred.fail(answer, failure), { discard: true })
        )
      }),
      // A stop waits for the transaction in flight, so that what it committed is also answered.
      Effect.uninterruptible
    )

  yield* Effect.forkScoped(Effect.forever(Effect.flatMap(Queue.takeBetween(queue, 1, groupMax), writeGroup)))
  yield* Effect.addFinalizer(() =>
    Effect.flatMap(Queue.clear(queue), (jobs) =>
      Effect.forEach(jobs, ({ answer }) => Deferred.interrupt(answer), { discard: true })
    )
  )

  const acceptBatch = Effect.fn("ProofIntake.acceptBatch")(function* (lines: ReadonlyArray<string | Uint8Array>) {
    const startedAt = yield* Clock.currentTimeNanos
    const signers = new Map<string, SignerView>()
    const checks: Array<Exit.Exit<Job, ProofRefused | LedgerUnavailable>> = []
    for (const line of lines) {
      const job = yield* Effect.exit(check(line, signers))
      checks.push(job)
      // In the order of the lines: a chain is only a chain that way.
      if (Exit.isSuccess(job)) yield* Queue.offer(queue, job.value)
    }
    const answers: Array<IntakeAnswer> = []
    for (const exit of checks) {
      const answer: IntakeAnswer = yield* Exit.match(exit, {
        onSuccess: ({ answer }) => Deferred.await(answer),
        onFailure: (cause) =>
          Effect.catchTag(Effect.failCause(cause), "ProofRefused", (refusal) => Effect.succeed(Result.fail(refusal)))
      })
      yield* countAnswer(answer)
      answers.push(answer)
    }
    yield* Metric.update(intakeSeconds, Number((yield* Clock.currentTimeNanos) - startedAt) / 1e9)
    return answers
  })

  const accept = Effect.fn("ProofIntake.accept")(function* (line: string | Uint8Array) {
    const [answer] = yield* acceptBatch([line])
    if (answer === undefined) return yield* Effect.die(new Error("a batch of one line has one answer"))
    return yield* Effect.fromResult(answer)
  })

  return {
    /** One proof, as the exact bytes that were signed. Fails with the refusal. */
    accept,
    /** Proofs of any agents, in order; one answer each. Fails only where the ledger is unavailable: then send all again. */
    acceptBatch,
    /** Speaks up after commits; a slow listener hears one word for many of them. */
    committed
  } as const
})

/** Takes proofs into the ledger. */
export class ProofIntake extends Context.Service<ProofIntake>()("@farmops/core/farm/ProofIntake", { make }) {
  static readonly layer: Layer.Layer<ProofIntake, never, Ed25519 | TrustStore | LedgerWriter> = Layer.effect(
    this,
    this.make
  ).pipe(Layer.provide(LedgerCommits.layer))
}
