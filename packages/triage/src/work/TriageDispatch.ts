/**
 * The life of a task: an agent is asked, its decision is kept, ruled on, recorded, proved, and what was allowed is done. Each step is
 * on disk before the next, so that after a crash a task goes on from its last; only the asking is ever repeated.
 */
import { backOffMs } from "@farmops/core/http/backOff"
import { Context, Duration, Effect, FiberSet, Latch, Layer, Random, Semaphore } from "effect"
import type { SqlClient } from "effect/sql"
import { ActionExecutor } from "../ActionExecutor.ts"
import { ActionLog } from "../ActionLog.ts"
import { MemorySummaries } from "../memory/MemorySummaries.ts"
import type { Decision } from "../protocol/Decision.ts"
import { askForDecision } from "./askForDecision.ts"
import type { IssueFacts } from "./IssueFacts.ts"
import { verdictCloseNotice } from "./readDoneBefore.ts"
import { makeRuleOnDecision, type Ruled, roundsMax } from "./ruleOnDecision.ts"
import { TaskQueue } from "./TaskQueue.ts"
import type { TaskRow } from "./taskRows.ts"
import { DecisionProver, type TriageRoute, TriageRoutes, type WordGuard } from "./triagePorts.ts"

/** Tasks in hand at a time, over all repositories; each agent has a bound of its own beside it. */
export const tasksAtOnce = 16

/** How often a task may go without an answer of its agent before it fails, for a person to see. */
const attemptsMax = 5

const backOff = { firstMs: 15_000, maxMs: 900_000 } as const

/** A cap gives way after an hour or a day: asking every ten minutes is soon enough. */
const noRoomMs = 600_000

/** New tasks wake the dispatch; those that were put off are looked for this often. */
const lookEvery = Duration.seconds(5)

const make = Effect.gen(function* () {
  const queue = yield* TaskQueue
  const log = yield* ActionLog
  const executor = yield* ActionExecutor
  const memory = yield* MemorySummaries
  const prover = yield* DecisionProver
  const routes = yield* TriageRoutes
  const rule = yield* makeRuleOnDecision
  const services = yield* Effect.context<IssueFacts | TaskQueue | MemorySummaries | WordGuard | SqlClient.SqlClient>()
  const inHand = new Set<string>()
  const woken = yield* Latch.make(false)
  // What one taker took is in hand before the next looks.
  const taking = yield* Semaphore.make(1)

  const note = (row: TaskRow, event: string, reason?: string) =>
    Effect.logInfo(event).pipe(
      Effect.annotateLogs({ repo: row.repo, issue: row.issue, task: row.id, ...(reason !== undefined && { reason }) })
    )

  const retryLater = Effect.fnUntraced(function* (row: TaskRow, attempts: number, least: number) {
    const pause = Math.max(backOffMs(backOff, attempts, yield* Random.next), least)
    yield* queue.putOff(row, pause, attempts)
  })

  const lookAgain = Effect.fnUntraced(function* (row: TaskRow, issue: Ruled["issue"]) {
    const { backlog, rounds } = row.payload
    if (rounds >= roundsMax) return
    yield* queue.add([{ repo: row.repo, issue, cause: "edited", backlog, rounds: rounds + 1 }])
  })

  // Ever more slowly, and never for good: GitHub may be away for hours.
  const waitForGitHub = (row: TaskRow, least = 0) => retryLater(row, Math.min(row.attempts + 1, attemptsMax - 1), least)

  /** What the file allows no more is not done, though it was planned when it did. A person's yes stands while the mode is `propose`. */
  const withdraw = Effect.fnUntraced(function* (row: TaskRow, { rules }: TriageRoute) {
    for (const { action, key, mode, state, verdict } of yield* log.actions(row.id)) {
      if (state !== "planned") continue
      const now = rules.modes[verdict === verdictCloseNotice ? "close" : action.type]
      const stands = !rules.dryRun && (now === "live" || (now === "propose" && mode === "propose"))
      if (stands) continue
      yield* Effect.ignore(log.refuse(key, "the configuration allows it no more"))
    }
  })

  /** Proves, does and remembers what is recorded. */
  const carryOut = Effect.fnUntraced(function* (row: TaskRow, route: TriageRoute, overtaken: Ruled["issue"] | null) {
    yield* prover.prove(row.id)
    yield* withdraw(row, route)
    const execution = yield* executor.execute(row.id)
    yield* memory.refresh(row.repo, row.issue)
    if (execution._tag === "Waiting") return yield* queue.putOff(row, execution.retryAfterMs, row.attempts)
    if (execution._tag === "Stale") {
      const detail = yield* log.detail(row.id)
      if (detail !== null) yield* lookAgain(row, detail.seen)
    } else if (overtaken !== null) yield* lookAgain(row, overtaken)
    yield* queue.finish(row.id)
    yield* note(row, "an issue was triaged", row.decision?.decision)
  })

  const conclude = Effect.fnUntraced(function* (row: TaskRow, decision: Decision, route: TriageRoute) {
    // What was recorded before a crash stands as it was ruled on then.
    if ((yield* log.detail(row.id)) !== null) return yield* carryOut(row, route, null)
    const { issue, overtaken } = yield* rule(row, decision, route)
    yield* carryOut(row, route, overtaken ? issue : null)
  })

  const ask = Effect.fnUntraced(function* (row: TaskRow, route: TriageRoute) {
    const asked = yield* Effect.provide(askForDecision(row, route), services)
    if (asked._tag === "NoRoom") {
      yield* note(row, "a task waits for room", asked.reason)
      return yield* queue.putOff(row, noRoomMs, row.attempts)
    }
    if (asked._tag === "NotWorthAsking") {
      yield* note(row, "an issue is left alone", asked.reason)
      return yield* queue.supersede(row.id)
    }
    yield* conclude(asked.task, asked.decision, route)
  })

  const unanswered = Effect.fnUntraced(function* (row: TaskRow, reason: string) {
    const attempts = row.attempts + 1
    yield* note(row, "an agent gave no decision", reason)
    if (attempts >= attemptsMax) yield* queue.fail(row.id)
    else yield* retryLater(row, attempts, 0)
  })

  const oneTurn = Effect.fnUntraced(function* (row: TaskRow) {
    const route = routes.get(row.repo)
    // The repository left the configuration.
    if (route === undefined) return yield* queue.supersede(row.id)
    if (row.decision !== null && row.state === "decided") return yield* conclude(row, row.decision, route)
    return yield* ask(row, route)
  })

  /** One turn of a task, whatever happens to it. */
  const turn = (row: TaskRow) =>
    oneTurn(row).pipe(
      Effect.catchTags({
        AgentUnavailable: ({ reason }) => unanswered(row, reason),
        AgentAnswerInvalid: ({ reason }) => unanswered(row, reason),
        // The issue is gone, or out of our sight.
        GitHubRefused: ({ status }) =>
          Effect.andThen(note(row, "GitHub shows no such issue", String(status)), queue.supersede(row.id)),
        GitHubRateLimited: ({ retryAfterMs }) => waitForGitHub(row, retryAfterMs),
        GitHubUnreachable: () => waitForGitHub(row),
        GitHubTokenRefused: () => waitForGitHub(row, 60_000),
        CallNotAllowed: () => queue.fail(row.id),
        TaskQueueFull: () => waitForGitHub(row),
        ProofImpossible: ({ reason }) =>
          Effect.andThen(note(row, "a decision cannot be proved now", reason), retryLater(row, 1, 0))
      }),
      // What the store does not take now is on disk as it was, and is taken again.
      Effect.catchTag("StoreUnavailable", (error) =>
        Effect.logError("a task is held up by the database").pipe(
          Effect.annotateLogs({ task: row.id, error: error._tag })
        )
      ),
      Effect.withSpan("triage", { attributes: { repo: row.repo, issue: row.issue, task: row.id, cause: row.cause } }),
      Effect.ensuring(Effect.sync(() => inHand.delete(row.id)))
    )

  const takeSome = Effect.gen(function* () {
    const room = tasksAtOnce - inHand.size
    if (room <= 0) return []
    const rows = yield* queue.take(room, [...inHand])
    for (const row of rows) inHand.add(row.id)
    return rows
  }).pipe(taking.withPermits(1))

  return {
    /** Gives every task whose time has come one turn, and answers with how many there were. */
    runOnce: Effect.fn("TriageDispatch.runOnce")(function* () {
      const rows = yield* takeSome
      yield* Effect.forEach(rows, turn, { concurrency: tasksAtOnce, discard: true })
      return rows.length
    })(),
    /** Gives tasks their turns for ever. What another life left behind goes first. */
    run: Effect.gen(function* () {
      const turns = yield* FiberSet.make()
      // What a person agreed to in the moment before a crash has no turn of its own yet.
      yield* executor.unfinished.pipe(
        Effect.flatMap((taskIds) => Effect.forEach(taskIds, queue.resume, { discard: true })),
        Effect.catchTag("StoreUnavailable", () => Effect.logError("the log of actions cannot be read"))
      )
      while (true) {
        woken.closeUnsafe()
        const rows = yield* Effect.catchTag(takeSome, "StoreUnavailable", () =>
          Effect.as(Effect.logError("the queue cannot be read"), [])
        )
        for (const row of rows) {
          yield* FiberSet.run(
            turns,
            Effect.andThen(
              turn(row),
              Effect.sync(() => woken.openUnsafe())
            )
          )
        }
        // A turn that ends, a new task and the passing of time are each a reason to look again.
        yield* Effect.race(woken.await, Effect.sleep(lookEvery))
      }
    }).pipe(Effect.scoped),
    /** Says that there are new tasks. */
    wake: Effect.sync(() => woken.openUnsafe()),
    /** How many tasks are in hand now. */
    busy: Effect.sync(() => inHand.size)
  } as const
})

/** The dispatch of a harness. */
export class TriageDispatch extends Context.Service<TriageDispatch>()("@farmops/triage/TriageDispatch", { make }) {
  static readonly layer = Layer.effect(this, this.make)
}
