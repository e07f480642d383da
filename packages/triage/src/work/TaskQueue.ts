/**
 * What is to be triaged, on disk. A task is taken by one dispatcher at a time; after a crash it is taken again, and a decision that
 * an agent has given by then is not asked for twice.
 */
import { withRelaxedCommit } from "@farmops/core/sql/withRelaxedCommit"
import { Context, DateTime, Effect, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { addSpend, type Spend } from "../actionCounts.ts"
import { makeOnStore } from "../onStore.ts"
import { Decision } from "../protocol/Decision.ts"
import {
  decodeTasks,
  encodePayload,
  insertTask,
  isKnown,
  type NewTask,
  readLastSeen,
  type TaskRow
} from "./taskRows.ts"

/** More tasks than this wait for weeks of an agent's time: the poller stops where it is until some are done. */
export const waitingTasksMax = 50_000

/** As many tasks wait as may. Nothing was added and no cursor moved: the same changes are found again later. */
export class TaskQueueFull extends Schema.TaggedError<TaskQueueFull>()("TaskQueueFull", { waiting: Schema.Int }) {
  override get message() {
    return `${this.waiting} issues wait for triage; no more are taken until some are done`
  }
}

const isoNow = Effect.map(DateTime.now, DateTime.formatIso)
const encodeDecision = Schema.encodeEffect(Schema.fromJsonString(Decision))

/** Adds what is new of `tasks`, inside the caller's transaction. Answers with how many were. */
export const enqueueNew = Effect.fnUntraced(function* (tasks: ReadonlyArray<NewTask>, now: string) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<{ readonly waiting: number }>`SELECT COUNT(*) AS waiting FROM task WHERE state = 'waiting'`
  const waiting = row?.waiting ?? 0
  if (waiting + tasks.length > waitingTasksMax) return yield* new TaskQueueFull({ waiting })
  let added = 0
  for (const task of tasks) {
    if (yield* isKnown(task)) continue
    yield* insertTask(task, now)
    added++
  }
  return added
})

const make = Effect.gen(function* () {
  const { atOnce, onStore } = yield* makeOnStore
  const sql = yield* SqlClient.SqlClient

  // What a power cut may take back: a task is taken again, an answer asked for again, an end found again. Each is on the disk with the next
  // durable commit, and the record of a decision, before which nothing reaches GitHub, is one.
  const loosely = <A, E>(effect: Effect.Effect<A, E, SqlClient.SqlClient>) => onStore(withRelaxedCommit(effect))

  // One task of an issue waits: what is newer stands for what is taken up again.
  const reopen = Effect.fnUntraced(function* (held: ReadonlyArray<string>) {
    const left = sql`state = 'running' AND NOT ${sql.in("id", held)}`
    yield* sql`UPDATE task SET state = 'superseded' WHERE ${left} AND EXISTS (
      SELECT 1 FROM task o WHERE o.repo = task.repo AND o.issue = task.issue AND o.state = 'waiting')`
    yield* sql`UPDATE task SET state = 'waiting' WHERE ${left}`
  })

  const settle = Effect.fnUntraced(function* (id: string, state: "done" | "failed" | "superseded") {
    const now = yield* isoNow
    yield* loosely(
      sql`UPDATE task SET state = ${state}, updated_at = ${now} WHERE id = ${id} AND state IN ('running', 'decided')`
    )
  })

  return {
    /** Adds what is new of these. */
    add: (tasks: ReadonlyArray<NewTask>) => Effect.flatMap(isoNow, (now) => atOnce(enqueueNew(tasks, now))),

    /**
     * Takes up to `limit` tasks whose time has come, decided ones first. Of one issue only one is taken at a time. `held` are those
     * that the caller has in hand; any other that is said to run was left behind by another life, and waits again.
     */
    take: Effect.fn("TaskQueue.take")(function* (limit: number, held: ReadonlyArray<string>) {
      const now = yield* isoNow
      return yield* loosely(
        Effect.gen(function* () {
          yield* reopen(held)
          const rows = yield* sql`SELECT * FROM task t WHERE not_before <= ${now} AND NOT ${sql.in("id", held)}
            AND (state = 'decided' OR (state = 'waiting' AND NOT EXISTS (
              SELECT 1 FROM task o WHERE o.repo = t.repo AND o.issue = t.issue AND o.state IN ('running', 'decided'))))
            ORDER BY state = 'decided' DESC, created_at, rowid LIMIT ${limit}`
          const tasks = yield* decodeTasks(rows)
          const waiting = tasks.filter(({ state }) => state === "waiting").map(({ id }) => id)
          if (waiting.length > 0) {
            yield* sql`UPDATE task SET state = 'running', updated_at = ${now} WHERE ${sql.in("id", waiting)}`
          }
          return tasks
        })
      )
    }),

    /** Keeps an agent's answer, with what it cost, before anything is done with it. */
    decide: Effect.fn("TaskQueue.decide")(function* (task: TaskRow, decision: Decision, cost: Spend) {
      const now = yield* isoNow
      yield* loosely(
        Effect.gen(function* () {
          yield* sql`UPDATE task SET state = 'decided', decision = ${yield* encodeDecision(decision)},
            payload = ${yield* encodePayload(task.payload)}, updated_at = ${now}
            WHERE id = ${task.id} AND state = 'running'`
          yield* addSpend(now.slice(0, 10), cost)
        })
      )
    }),

    /** The task is over. */
    finish: (id: string) => settle(id, "done"),
    /** No agent gave an answer; a person may look. */
    fail: (id: string) => settle(id, "failed"),
    /** There is nothing left to do about it. */
    supersede: (id: string) => settle(id, "superseded"),

    /** Not now. One that waits gives way to a newer task of its issue; a decided one keeps its decision. */
    putOff: Effect.fn("TaskQueue.putOff")(function* (task: TaskRow, delayMs: number, attempts: number) {
      const now = yield* DateTime.now
      const notBefore = DateTime.formatIso(DateTime.add(now, { milliseconds: delayMs }))
      yield* atOnce(
        Effect.gen(function* () {
          yield* sql`UPDATE task SET not_before = ${notBefore}, attempts = ${attempts} WHERE id = ${task.id} AND state = 'decided'`
          yield* sql`UPDATE task SET state = 'superseded' WHERE id = ${task.id} AND state = 'running' AND EXISTS (
            SELECT 1 FROM task o WHERE o.repo = task.repo AND o.issue = task.issue AND o.state = 'waiting')`
          yield* sql`UPDATE task SET state = 'waiting', not_before = ${notBefore}, attempts = ${attempts}
            WHERE id = ${task.id} AND state = 'running'`
        })
      )
    }),

    /** The issue as the newest decision on it last knew it, our own changes included. */
    lastSeen: (repo: string, issue: number) => onStore(readLastSeen(repo, issue)),

    /** Gives a task that is over another turn, since one of its actions may be done now. Its decision stands; nobody is asked again. */
    resume: Effect.fn("TaskQueue.resume")(function* (id: string) {
      const now = yield* isoNow
      yield* onStore(
        sql`UPDATE task SET state = 'decided', not_before = ${now}, updated_at = ${now}
          WHERE id = ${id} AND state = 'done' AND decision IS NOT NULL`
      )
    }),

    /** How many tasks are in each state, and the oldest that waits; for `status`. */
    counts: onStore(
      sql<{ readonly state: string; readonly count: number; readonly oldest: string }>`
        SELECT state, COUNT(*) AS count, MIN(created_at) AS oldest FROM task GROUP BY state ORDER BY state`
    )
  } as const
})

/** The one queue of a harness. */
export class TaskQueue extends Context.Service<TaskQueue>()("@farmops/triage/TaskQueue", { make }) {
  /** Needs the tables of `triageMigrations`. */
  static readonly layer: Layer.Layer<TaskQueue, never, SqlClient.SqlClient> = Layer.effect(this, this.make)
}
