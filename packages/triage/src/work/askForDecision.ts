/** From a task of the queue to an agent's decision, kept on disk. Nothing on GitHub is changed here. */
import { Effect } from "effect"
import type { SqlClient } from "effect/sql"
import type { ReadFault } from "../GitHubErrors.ts"
import { MemorySummaries } from "../memory/MemorySummaries.ts"
import type { DenialReason } from "../policy/denialReasons.ts"
import { judgeAsking } from "../policy/judgeCaps.ts"
import { judgeIssue } from "../policy/judgeIssue.ts"
import type { TriageSituation } from "../policy/TriageSituation.ts"
import { issueFingerprint } from "../poll/issueFingerprint.ts"
import type { Decision } from "../protocol/Decision.ts"
import type { Task } from "../protocol/Task.ts"
import { orStoreUnavailable, type StoreUnavailable } from "../StoreUnavailable.ts"
import { sameName, type TriageRules } from "../TriageRules.ts"
import { IssueFacts, type IssueNow } from "./IssueFacts.ts"
import { othersComments } from "./othersComments.ts"
import { readDoneBefore } from "./readDoneBefore.ts"
import { TaskQueue } from "./TaskQueue.ts"
import type { AgentFault } from "./TriageAgent.ts"
import type { TaskRow } from "./taskRows.ts"
import { type TriageRoute, WordGuard } from "./triagePorts.ts"

/** What became of the question. */
export type Asked =
  | { readonly _tag: "Decided"; readonly task: TaskRow; readonly decision: Decision }
  /** The issue is as it was after the last decision, or is to be left alone: an agent's answer would change nothing. */
  | { readonly _tag: "NotWorthAsking"; readonly reason: DenialReason | "unchanged" }
  /** As much was done, or spent, as may be: the task waits. */
  | { readonly _tag: "NoRoom"; readonly reason: DenialReason }

/** The labels that an agent may use: those that are configured and exist. */
export const usableLabels = ({ labels }: TriageRules, existing: ReadonlyArray<string>) =>
  Object.fromEntries(Object.entries(labels).filter(([name]) => existing.some((other) => sameName(name, other))))

/** The task as an agent is asked it. */
export const taskOf = (row: TaskRow, facts: IssueNow, { llm, rules }: TriageRoute, memory: string): Task => ({
  task_id: row.id,
  type: "issue.triage",
  repo: row.repo,
  payload: { action: row.cause, issue: facts.issue, comments: facts.comments },
  context: {
    memory_summary: memory,
    llm_backend: llm,
    settings: {
      labels: usableLabels(rules, facts.repositoryLabels),
      stale_days: rules.staleDays,
      allow_close: rules.allowClose
    }
  }
})

const costOf = ({ usage }: Decision) => ({
  micro_usd: usage?.cost_micro_usd ?? 0,
  input_tokens: usage?.input_tokens ?? 0,
  output_tokens: usage?.output_tokens ?? 0,
  calls: usage === undefined ? 0 : 1
})

/** Asks the route's agent about the task's issue as it is now. */
export const askForDecision = Effect.fn("TriageDispatch.ask")(function* (
  row: TaskRow,
  route: TriageRoute
): Effect.fn.Return<
  Asked,
  ReadFault | StoreUnavailable | AgentFault,
  IssueFacts | TaskQueue | MemorySummaries | WordGuard | SqlClient.SqlClient
> {
  const queue = yield* TaskQueue
  const memory = yield* MemorySummaries
  const guard = yield* WordGuard
  const done = yield* orStoreUnavailable(readDoneBefore(row.repo, row.issue))
  const noRoom = judgeAsking(done, route.rules)
  if (noRoom !== null) return { _tag: "NoRoom", reason: noRoom }
  const facts = yield* (yield* IssueFacts).forTask(row.repo, row.issue)
  const fingerprint = issueFingerprint(facts.issue)
  const seen = yield* queue.lastSeen(row.repo, row.issue)
  if (row.cause !== "stale" && row.payload.rounds === 0 && seen !== null && issueFingerprint(seen) === fingerprint) {
    return { _tag: "NotWorthAsking", reason: "unchanged" }
  }
  const suspicious = guard.isSuspicious(facts.issue, othersComments(facts.comments, route.rules.botUser))
  const situation: TriageSituation = { ...facts, changed: false, backlog: row.payload.backlog, suspicious }
  const reason = judgeIssue(situation, done, route.rules)
  if (reason !== null) return { _tag: "NotWorthAsking", reason }
  const task = taskOf(row, facts, route, yield* memory.summary(row.repo, row.issue))
  const decision = yield* route.agent.ask(task)
  const decided: TaskRow = { ...row, state: "decided", decision, payload: { ...row.payload, fingerprint, suspicious } }
  yield* queue.decide(decided, decision, costOf(decision))
  return { _tag: "Decided", task: decided, decision }
})
