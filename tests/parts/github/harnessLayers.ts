/** The parts of the harness that act on GitHub, on a database of a test's. */
import * as Database from "@farmops/core/sql/Database"
import { ActionLog, type NewDecision } from "@farmops/triage/ActionLog"
import { GitHubReads } from "@farmops/triage/GitHubReads"
import { GitHubConnection } from "@farmops/triage/github/GitHubConnection"
import { layerGitHubExecutor } from "@farmops/triage/github/GitHubExecutor"
import { layerGitHubReads } from "@farmops/triage/github/readGitHub"
import { WriteQueue } from "@farmops/triage/github/WriteQueue"
import { layerGitHubWrites } from "@farmops/triage/github/writeGitHub"
import type { Action } from "@farmops/triage/protocol/Decision"
import { triageMigrations } from "@farmops/triage/triageTables"
import { Effect, Layer, Redacted } from "effect"
import { botToken, repository } from "./GitHubPart.ts"

/** How fast a test's harness is. */
export interface HarnessPace {
  readonly timeoutMs?: number
  /** How long an unknown outcome is left alone before GitHub is asked. */
  readonly settleMs?: number
}

/** Log, line and executor, with no pause between writes. */
export const harnessLayers = (url: string, database: string, { settleMs = 50, timeoutMs = 5000 }: HarnessPace = {}) => {
  const line = Layer.mergeAll(layerGitHubReads, layerGitHubWrites).pipe(
    Layer.provideMerge(
      GitHubConnection.layer({ token: Redacted.make(botToken), repositories: [repository], baseUrl: url, timeoutMs })
    )
  )
  const tables = Database.layerMigrations("harness", triageMigrations).pipe(
    Layer.provideMerge(Database.layer(database))
  )
  return layerGitHubExecutor({ settleMs }).pipe(
    Layer.provideMerge(
      Layer.mergeAll(
        line,
        WriteQueue.layer({ pauseMs: 0, waitingMax: 100 }),
        Layer.provideMerge(ActionLog.layer, tables)
      )
    )
  )
}

/** Decides, on the issue as it is now, that all these actions are allowed. */
export const decide = (taskId: string, issue: number, actions: ReadonlyArray<Action>, batch = "batch-1") =>
  Effect.gen(function* () {
    const seen = yield* (yield* GitHubReads).getIssue(repository, issue)
    const decision: NewDecision = {
      taskId,
      taskType: "issue.triage",
      repo: repository,
      seen,
      decision: { task_id: taskId, decision: "label_and_respond", rationale: "it names a crash", actions },
      batch,
      agent: "test",
      actions: actions.map((action) => ({ action, mode: "live", verdict: "allowed", state: "planned" }))
    }
    yield* (yield* ActionLog).record(decision)
  })
