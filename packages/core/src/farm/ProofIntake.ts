/**
 * The one way into the ledger: signature, link to the stored head, uniqueness, score and sums in one transaction, on disk
 * before the answer. Submissions queue up for one writer, which commits up to {@link groupMax} of them at once.
 */
import { Ed25519 } from "@farmops/proof/Ed25519"
import { Cause, Clock, Context, Deferred, Effect, Exit, Layer, Metric, Queue, Result, Semaphore } from "effect"
import { type SqlClient, SqlError } from "effect/sql"
import { makeLineCheck, type Standings } from "./checkLine.ts"
import { coinsTotal, intakeSeconds, proofsTotal } from "./intakeMetrics.ts"
import { LedgerCommits } from "./LedgerCommits.ts"
import { LedgerUnavailable } from "./LedgerUnavailable.ts"
import { LedgerWriter, type WrittenProof } from "./LedgerWriter.ts"
import type { ProofRefused } from "./ProofRefused.ts"
import { TrustStore } from "./TrustStore.ts"
import type { Candidate } from "./trust/checkSigner.ts"
import { inside, type Sender } from "./trust/Sender.ts"
import type { Keeping } from "./waiting/keepWaiting.ts"
import { settleWaiting } from "./waiting/settleWaiting.ts"
import { WaitingProofs } from "./waiting/WaitingProofs.ts"

/** A proof that is on disk: scored, or, where `pending`, set aside until the owner approves its agent. */
export interface Accepted {
  readonly proof_id: string
  readonly sequence: number
  readonly hash: string
  /** 0 while pending. */
  readonly coins: number
  readonly pending: boolean
  /** True where the ledger held this very proof before. */
  readonly already: boolean
}

/** The answer to one line of a batch. */
export type IntakeAnswer = Result.Result<Accepted, ProofRefused>

/** Proofs in one transaction: beyond this a commit costs little compared with the proofs themselves. */
export const groupMax = 256

/** Proofs that may wait for the writer, 16 MiB at most. A sender beyond that waits in turn; it is never turned away. */
const waitingMax = 2048

interface Job extends Candidate {
  readonly answer: Deferred.Deferred<IntakeAnswer, LedgerUnavailable>
}

const acceptedOf = ({ already, coins, hash, proofId, sequence }: WrittenProof): Accepted => ({
  proof_id: proofId,
  sequence,
  hash,
  coins,
  pending: false,
  already
})

const keptAnswer = ({ checked }: Candidate, keeping: Exclude<Keeping, "decided">): IntakeAnswer => {
  if (typeof keeping !== "string") return Result.fail(keeping)
  const { hash, proof } = checked
  const already = keeping === "already"
  return Result.succeed({ proof_id: proof.proof_id, sequence: proof.sequence, hash, coins: 0, pending: true, already })
}

const reasonOf = (cause: unknown): string => (SqlError.isSqlError(cause) ? cause.reason._tag : "unknown")

const resultOf = ({ already, pending }: Accepted) => (already ? "already" : pending ? "pending" : "accepted")

const countAnswer = Effect.fnUntraced(function* (answer: IntakeAnswer) {
  const result = Result.isFailure(answer) ? answer.failure.code : resultOf(answer.success)
  yield* Metric.update(Metric.withAttributes(proofsTotal, { result }), 1)
})

const make = Effect.gen(function* () {
  const { backend } = yield* Ed25519
  const trust = yield* TrustStore
  const writer = yield* LedgerWriter
  const waiting = yield* WaitingProofs
  const queue = yield* Queue.bounded<Job>(waitingMax)
  const { announce, committed } = yield* LedgerCommits

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

  const enqueue = Effect.fnUntraced(function* (candidate: Candidate) {
    const answer = yield* Deferred.make<IntakeAnswer, LedgerUnavailable>()
    yield* Queue.offer(queue, { ...candidate, answer })
    return Deferred.await(answer)
  })

  /** Sets proofs of pending agents aside. One that its owner approved meanwhile goes into the ledger like any other. */
  const setAside = Effect.fnUntraced(function* (candidates: ReadonlyArray<Candidate>) {
    const keepings = candidates.length === 0 ? [] : yield* waiting.keep(candidates)
    const decided = candidates.filter((_, at) => keepings[at] === "decided").map(({ checked }) => checked.line)
    const answers = new Map<Candidate, IntakeAnswer>()
    const later: ReadonlyArray<IntakeAnswer> = decided.length === 0 ? [] : yield* acceptLines(decided, true)
    let next = 0
    for (const [at, candidate] of candidates.entries()) {
      const keeping = keepings[at] ?? "decided"
      const answer = keeping === "decided" ? later[next++] : keptAnswer(candidate, keeping)
      if (answer !== undefined) answers.set(candidate, answer)
    }
    return answers
  })

  const acceptLines = (
    lines: ReadonlyArray<string | Uint8Array>,
    settles: boolean,
    sender: Sender = inside
  ): Effect.Effect<ReadonlyArray<IntakeAnswer>, LedgerUnavailable> =>
    Effect.gen(function* () {
      const check = makeLineCheck({ trust, waiting, backend, sender, settle: settles ? settle : () => Effect.void })
      const standings: Standings = new Map()
      const answering: Array<Effect.Effect<IntakeAnswer, LedgerUnavailable>> = []
      const aside: Array<Candidate> = []
      let keepings: ReadonlyMap<Candidate, IntakeAnswer> = new Map()
      for (const line of lines) {
        const exit = yield* Effect.exit(check(line, standings))
        if (Exit.isFailure(exit)) {
          answering.push(
            Effect.catchTag(Effect.failCause(exit.cause), "ProofRefused", (refusal) =>
              Effect.succeed(Result.fail(refusal))
            )
          )
          continue
        }
        const { candidate, waits } = exit.value
        if (waits) aside.push(candidate)
        answering.push(
          waits
            ? Effect.suspend(() => Effect.fromNullishOr(keepings.get(candidate)).pipe(Effect.orDie))
            : // In the order of the lines: a chain is only a chain that way.
              yield* enqueue(candidate)
        )
      }
      keepings = yield* setAside(aside)
      return yield* Effect.all(answering)
    })

  const settling = yield* Semaphore.make(1)
  const settle = Effect.fn("ProofIntake.settle")(
    (agentId: string) => settleWaiting(agentId, waiting, (lines) => acceptLines(lines, false)),
    settling.withPermits(1)
  )

  const acceptBatch = Effect.fn("ProofIntake.acceptBatch")(function* (
    lines: ReadonlyArray<string | Uint8Array>,
    sender: Sender = inside
  ) {
    const startedAt = yield* Clock.currentTimeNanos
    const answers = yield* acceptLines(lines, true, sender)
    for (const answer of answers) yield* countAnswer(answer)
    yield* Metric.update(intakeSeconds, Number((yield* Clock.currentTimeNanos) - startedAt) / 1e9)
    return answers
  })

  const accept = Effect.fn("ProofIntake.accept")(function* (line: string | Uint8Array, sender: Sender = inside) {
    const [answer] = yield* acceptBatch([line], sender)
    if (answer === undefined) return yield* Effect.die(new Error("a batch of one line has one answer"))
    return yield* Effect.fromResult(answer)
  })

  return {
    /** One proof, as the exact bytes that were signed. Fails with the refusal. */
    accept,
    /** Proofs of any agents, in order; one answer each. Fails only where the ledger is unavailable: then send all again. */
    acceptBatch,
    /** Scores what an agent sent before it was approved, in its order and once, however often this is said. */
    settle,
    /** The same for every approval that was cut short; said at each start. */
    settleAll: Effect.flatMap(waiting.unsettled, (agentIds) => Effect.forEach(agentIds, settle, { discard: true })),
    /** Speaks up after commits; a slow listener hears one word for many of them. */
    committed
  } as const
})

/** Takes proofs into the ledger. */
export class ProofIntake extends Context.Service<ProofIntake>()("@farmops/core/farm/ProofIntake", { make }) {
  static readonly layer: Layer.Layer<ProofIntake, never, Ed25519 | TrustStore | LedgerWriter | SqlClient.SqlClient> =
    Layer.effect(this, this.make).pipe(Layer.provide([LedgerCommits.layer, WaitingProofs.layer]))
}
