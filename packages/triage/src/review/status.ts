/** How a harness stands, from its memory alone: what waits, what it may still do, what needs a person. Reads only. */
import { DateTime, Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { readSpend, readTallies } from "../actionCounts.ts"
import { tallyNone } from "../policy/TriageSituation.ts"
import { Action } from "../protocol/Decision.ts"
import { orStoreUnavailable } from "../StoreUnavailable.ts"
import type { TriageRules } from "../TriageRules.ts"

/** What a person can look at on a page; the rest is counted. */
const rowsMax = 20

/** An escalation that nobody looked at for so long is history. */
const escalationDays = 30

const decodeStates = Schema.decodeUnknownEffect(
  Schema.Array(Schema.Struct({ state: Schema.String, count: Schema.Int, oldest: Schema.NullOr(Schema.String) }))
)
const decodeCursors = Schema.decodeUnknownEffect(
  Schema.Array(
    Schema.Struct({ repo: Schema.String, since: Schema.String, last_full_pass: Schema.NullOr(Schema.String) })
  )
)
const decodeProposals = Schema.decodeUnknownEffect(
  Schema.Array(
    Schema.Struct({
      key: Schema.String,
      repo: Schema.String,
      issue: Schema.Int,
      action: Schema.fromJsonString(Action),
      planned_at: Schema.String
    })
  )
)
const decodeIssues = Schema.decodeUnknownEffect(
  Schema.Array(Schema.Struct({ repo: Schema.String, issue: Schema.Int, at: Schema.String }))
)
const decodeBatches = Schema.decodeUnknownEffect(
  Schema.Array(Schema.Struct({ batch: Schema.String, decisions: Schema.Int, done: Schema.Int, undone: Schema.Int }))
)

const readRepository = Effect.fnUntraced(function* (rules: TriageRules) {
  const sql = yield* SqlClient.SqlClient
  const { harness, repository } = yield* readTallies(rules.repo)
  const [cursor] = yield* decodeCursors(
    yield* sql`SELECT repo, since, last_full_pass FROM repository_cursor WHERE repo = ${rules.repo}`
  )
  const { actionsPerDay, actionsPerHour, closesPerDay } = rules.caps
  const found = {
    repo: rules.repo,
    modes: rules.modes,
    dry_run: rules.dryRun,
    /** Changes up to this instant are known; null before the first look. */
    followed_to: cursor?.since ?? null,
    hour: { done: repository.actionsLastHour, cap: actionsPerHour },
    day: { done: repository.actionsLastDay, cap: actionsPerDay },
    closes: { done: repository.closesLastDay, cap: closesPerDay }
  }
  return { found, harness }
})

const readHarness = Effect.fnUntraced(function* (rules: ReadonlyArray<TriageRules>) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* DateTime.now
  const since = DateTime.formatIso(DateTime.subtract(now, { days: escalationDays }))
  const repositories = yield* Effect.forEach(rules, readRepository)
  // The same in each.
  const all = repositories[0]?.harness ?? tallyNone
  const spend = yield* readSpend(DateTime.formatIso(now).slice(0, 10))
  const caps = rules[0]?.capsOfHarness ?? null
  return {
    queue: yield* decodeStates(
      yield* sql`SELECT state, COUNT(*) AS count, MIN(created_at) AS oldest FROM task GROUP BY state ORDER BY state`
    ),
    hour: { done: all.actionsLastHour, cap: caps?.actionsPerHour ?? null },
    day: { done: all.actionsLastDay, cap: caps?.actionsPerDay ?? null },
    spent: { ...spend, cap_micro_usd: caps?.microUsdPerDay ?? null },
    repositories: repositories.map(({ found }) => found),
    /** Wait for a person's yes. */
    proposals: yield* decodeProposals(
      yield* sql`SELECT key, repo, issue, action, planned_at FROM "action" WHERE state = 'proposed'
        ORDER BY planned_at DESC LIMIT ${rowsMax}`
    ),
    /** Issues that an agent handed to a person of late. */
    escalations: yield* decodeIssues(
      yield* sql`SELECT repo, issue_id AS issue, MAX(timestamp) AS at FROM action_log
        WHERE decision = 'escalate' AND timestamp > ${since.slice(0, 19).replace("T", " ")}
        GROUP BY repo, issue_id ORDER BY at DESC LIMIT ${rowsMax}`
    ),
    /** Tasks that no agent answered. */
    failed: yield* decodeIssues(
      yield* sql`SELECT repo, issue, updated_at AS at FROM task WHERE state = 'failed'
        ORDER BY updated_at DESC LIMIT ${rowsMax}`
    ),
    /** What `undo --batch` takes, the newest first. */
    batches: yield* decodeBatches(
      yield* sql`SELECT d.batch AS batch, COUNT(DISTINCT d.log_id) AS decisions,
          COALESCE(SUM(a.state = 'done'), 0) AS done, COALESCE(SUM(a.state = 'undone'), 0) AS undone
        FROM decision_detail d LEFT JOIN "action" a ON a.log_id = d.log_id
        GROUP BY d.batch ORDER BY d.batch DESC LIMIT ${rowsMax}`
    )
  }
})

/** What {@link readStatus} found. */
export type HarnessStatus = Effect.Success<ReturnType<typeof readHarness>>

/** The status of the harness that works by these rules. */
export const readStatus = (rules: ReadonlyArray<TriageRules>) => orStoreUnavailable(readHarness(rules))
