/** What a scraper learns of a harness: how much waits, runs and failed, what was spent and how near GitHub's limit is. */
import { ActionLog } from "@farmops/triage/ActionLog"
import { GitHubReads } from "@farmops/triage/GitHubReads"
import { TaskQueue } from "@farmops/triage/work/TaskQueue"
import { TaskState } from "@farmops/triage/work/taskRows"
import { Effect, Metric } from "effect"

const tasks = Metric.gauge("farmops_harness_tasks", { description: "Tasks of the queue, by state" })
const spent = Metric.gauge("farmops_harness_spent_micro_usd", {
  description: "What models cost today (UTC), in millionths of a US dollar"
})
const remaining = Metric.gauge("farmops_harness_github_requests_remaining", {
  description: "Requests that GitHub's primary limit leaves until it is reset"
})

/** Brings the gauges up to the database. */
export const updateMetrics = Effect.gen(function* () {
  const queue = yield* TaskQueue
  const log = yield* ActionLog
  const reads = yield* GitHubReads
  const counts = new Map((yield* queue.counts).map(({ count, state }) => [state, count]))
  // A state that no task is in any more has to fall to 0.
  for (const state of TaskState.literals) {
    yield* Metric.update(Metric.withAttributes(tasks, { state }), counts.get(state) ?? 0)
  }
  yield* Metric.update(spent, (yield* log.spentToday).micro_usd)
  const budget = yield* reads.budget
  if (budget !== null) yield* Metric.update(remaining, budget.remaining)
})
