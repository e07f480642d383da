/**
 * The one way into the ledger: signature, link to the stored head, uniqueness, score and sums in one transaction, on disk
 * before the answer. Submissions queue up for one writer, which commits up to {@link groupMax} of them at once.
 */
import { Ed25519 } from "@farmops/proof/Ed25519"
import { Cause, Clock, Context, Deferred, Effect, Layer, Metric, Option, Queue, Result, Semaphore } from "effect"
import { type SqlClient, SqlError } from "effect/sql"
import { makeLineCheck } from "./checkLine.ts"
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

/** Lines that are checked in one go, some 3 ms of one core: whoever only asks for the farm waits no longer than that for its turn. */
const checkedAtOnce = 32

/** Proofs that may wait for the writer, 16 MiB at most. A sender beyond that waits in turn; it is never turned away. */
const waitingMax = 2048

/** A run of proofs, and the answer to each of them. */
interface Job {
  readonly candidates: ReadonlyArray<Candidate>
  readonly answers: Deferred.Deferred<ReadonlyArray<IntakeAnswer>, LedgerUnavailable>
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

/** Lets what came in meanwhile be read and answered: a plain yield would only give way to other proofs. */
const othersFirst = () => Effect.callback<void>((resume) => void setImmediate(() => resume(Effect.void)))

const sizeOf = (jobs: ReadonlyArray<Job>): number => jobs.reduce((sum, { candidates }) => sum + candidates.length, 0)

const reasonOf = (cause: unknown): string => (SqlError.isSqlError(cause) ? cause.reason._tag : "unknown")

const resultOf = ({ already, pending }: Accepted) => (already ? "already" : pending ? "pending" : "accepted")

/** Adds up by label, so that a batch costs one update for each and not one for each proof. */
const tally = <A>(items: ReadonlyArray<A>, label: (item: A) => string, value: (item: A) => number) => {
  const sums = new Map<string, number>()
  for (const item of items) sums.set(label(item), (sums.get(label(item)) ?? 0) + value(item))
  return sums
}

const countAnswers = Effect.fnUntraced(function* (answers: ReadonlyArray<IntakeAnswer>) {
  const results = tally(
    answers,
    (answer) => (Result.isFailure(answer) ? answer.failure.code : resultOf(answer.success)),
    () => 1
  )
  for (const [result, count] of results) yield* Metric.update(Metric.withAttributes(proofsTotal, { result }), count)
})

const countCoins = Effect.fnUntraced(function* (written: ReadonlyArray<WrittenProof>) {
  const boards = tally(
    written,
    ({ board }) => board,
    ({ coins }) => coins
  )
  for (const [board, coins] of boards) yield* Metric.update(Metric.withAttributes(coinsTotal, { board }), coins)
})

const make = Effect.gen(function* () {
  const { backend } = yield* Ed25519
  const trust = yield* TrustStore
  const writer = yield* LedgerWriter
  const waiting = yield* WaitingProofs
  const queue = yield* Queue.bounded<Job>(waitingMax)
  // A job is one proof or many: this is what bounds the proofs.
  const room = yield* Semaphore.make(waitingMax)
  // Batches check in turn: fifty at a time would hold everybody else up for fifty times as long.
  const checking = yield* Semaphore.make(1)
  const { announce, committed } = yield* LedgerCommits

  const commitGroup = Effect.fnUntraced(function* (jobs: ReadonlyArray<Job>) {
    const written = yield* writer.write(jobs.flatMap(({ candidates }) => candidates))
    const answers = written.map(Result.map(acceptedOf))
    let from = 0
    for (const job of jobs) {
      yield* Deferred.succeed(job.answers, answers.slice(from, from + job.candidates.length))
      from += job.candidates.length
    }
    const fresh = written.flatMap((answer) =>
      Result.isSuccess(answer) && !answer.success.already ? [answer.success] : []
    )
    if (fresh.length === 0) return
    yield* announce
    yield* countCoins(fresh)
  })

  const writeGroup = (jobs: ReadonlyArray<Job>) =>
    commitGroup(jobs).pipe(
      Effect.catchCause((cause) => {
        const error = Cause.squash(cause)
        const failure = error instanceof LedgerUnavailable ? error : new LedgerUnavailable({ cause: error })
        return Effect.andThen(
          // Never the cause itself: a driver may quote what it was given.
          Effect.logError("a group of proofs could not be stored; their senders will try again").pipe(
            Effect.annotateLogs({ proofs: sizeOf(jobs), reason: reasonOf(failure.cause) })
          ),
          Effect.forEach(jobs, ({ answers }) => Deferred.fail(answers, failure), { discard: true })
        )
      }),
      // A stop waits for the transaction in flight, so that what it committed is also answered.
      Effect.uninterruptible
    )

  /** What waits now, as a group of about {@link groupMax}: the last run of proofs is taken whole. */
  const groupFrom = Effect.fnUntraced(function* (first: Job) {
    const jobs = [first]
    while (sizeOf(jobs) < groupMax) {
      const next = yield* Queue.poll(queue)
      if (Option.isNone(next)) break
      jobs.push(next.value)
    }
    yield* room.release(sizeOf(jobs))
    return jobs
  })

  // What was taken is answered, also at a stop.
  const writeNext = Effect.uninterruptibleMask((restore) =>
    restore(Queue.take(queue)).pipe(Effect.flatMap(groupFrom), Effect.flatMap(writeGroup))
  )
  yield* Effect.forkScoped(Effect.forever(writeNext))
  yield* Effect.addFinalizer(() =>
    Effect.flatMap(Queue.clear(queue), (jobs) =>
      Effect.forEach(jobs, ({ answers }) => Deferred.interrupt(answers), { discard: true })
    )
  )

  /** Queues them up for the writer, in their order, and waits for its answers. */
  const write = Effect.fnUntraced(function* (candidates: ReadonlyArray<Candidate>) {
    const waitingFor: Array<Job["answers"]> = []
    for (let from = 0; from < candidates.length; from += groupMax) {
      const part = candidates.slice(from, from + groupMax)
      const answers = yield* Deferred.make<ReadonlyArray<IntakeAnswer>, LedgerUnavailable>()
      yield* Effect.uninterruptibleMask((restore) =>
        Effect.andThen(restore(room.take(part.length)), Queue.offer(queue, { candidates: part, answers }))
      )
      waitingFor.push(answers)
    }
    return (yield* Effect.forEach(waitingFor, Deferred.await)).flat()
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
      const checkLines = makeLineCheck({
        trust,
        waiting,
        backend,
        sender,
        settle: settles ? settle : () => Effect.void
      })
      const checks: Array<Effect.Success<ReturnType<typeof checkLines>>[number]> = []
      for (let from = 0; from < lines.length; from += checkedAtOnce) {
        const part = checkLines(lines.slice(from, from + checkedAtOnce), lines.length === 1)
        const gently = lines.length === 1 ? part : Effect.tap(part, othersFirst)
        // What is settled comes from inside another check, which has the turn.
        const answers = yield* settles ? checking.withPermits(1)(gently) : gently
        for (const answer of answers) checks.push(answer)
      }
      const checked = checks.flatMap((check) => (Result.isSuccess(check) ? [check.success] : []))
      const candidates = checked.flatMap(({ candidate, waits }) => (waits ? [] : [candidate]))
      const written = yield* write(candidates)
      const keepings = yield* setAside(checked.flatMap(({ candidate, waits }) => (waits ? [candidate] : [])))
      let next = 0
      return yield* Effect.forEach(checks, (check) => {
        if (Result.isFailure(check)) return Effect.succeed<IntakeAnswer>(Result.fail(check.failure))
        const { candidate, waits } = check.success
        return Effect.orDie(Effect.fromNullishOr(waits ? keepings.get(candidate) : written[next++]))
      })
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
    yield* countAnswers(answers)
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
