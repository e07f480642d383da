/**
 * What a decision's proof binds: everything of its rows that does not change after they were written, as canonical bytes. Whoever
 * rewrites a rationale, an action or a policy's verdict in the database changes these bytes, and the hash in the proof tells.
 */
import { canonicalJson } from "@farmops/proof/canonicalJson"
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { verdictAllowed, verdictCloseNotice, verdictEscalation } from "../work/readDoneBefore.ts"

/** The part of a decision's row that says what was decided, as the database spells it. */
const DecisionRow = Schema.Struct({
  id: Schema.Int,
  repo: Schema.String,
  issue_id: Schema.Int,
  task_type: Schema.String,
  decision: Schema.String,
  rationale: Schema.NullOr(Schema.String),
  actions: Schema.NullOr(Schema.String),
  timestamp: Schema.String,
  task_id: Schema.String,
  batch: Schema.String,
  agent: Schema.String,
  answer: Schema.String
})

/** The part of an action's row that was fixed when it was recorded. */
const FixedAction = Schema.Struct({
  key: Schema.String,
  position: Schema.Int,
  type: Schema.String,
  action: Schema.String,
  mode: Schema.String,
  verdict: Schema.String
})

/** Which decision an action's row says that it belongs to, and what it is done to. */
const ActionPlace = Schema.Struct({ log_id: Schema.Int, repo: Schema.String, issue: Schema.Int })

/** A recorded decision with what its proof binds. */
export interface RecordedDecision {
  readonly logId: number
  readonly taskId: string
  /** ISO 8601 in UTC, to the second. */
  readonly at: string
  /** Whether anything was to be done: a decision in shadow is work that nobody had of it. */
  readonly acts: boolean
  readonly evidence: Uint8Array
  /** Whether a row of its actions names another decision, repository or issue: what is done goes by that row. */
  readonly misplaced: boolean
}

const decodePlaces = Schema.decodeUnknownEffect(Schema.Array(ActionPlace))
const decodeDecisions = Schema.decodeUnknownEffect(Schema.Array(DecisionRow))
const decodeActions = Schema.decodeUnknownEffect(Schema.Array(FixedAction))

const grantedVerdicts: ReadonlySet<string> = new Set([verdictAllowed, verdictCloseNotice, verdictEscalation])

const evidenceOf = (row: typeof DecisionRow.Type, actions: ReadonlyArray<typeof FixedAction.Type>): Uint8Array =>
  new TextEncoder().encode(canonicalJson({ form: "farmops/decision/v1", decision: row, actions }))

/** Decisions after one of the log, in order. A row of the log without its detail is none of ours and is left out. */
export const readRecorded = Effect.fnUntraced(function* (afterLogId: number, limit: number) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* decodeDecisions(
    yield* sql`SELECT l.id, l.repo, l.issue_id, l.task_type, l.decision, l.rationale, l.actions, l.timestamp,
        d.task_id, d.batch, d.agent, d.decision AS answer
      FROM action_log l JOIN decision_detail d ON d.log_id = l.id
      WHERE l.id > ${afterLogId} ORDER BY l.id LIMIT ${limit}`
  )
  const recorded: Array<RecordedDecision> = []
  for (const row of rows) {
    const actions = yield* decodeActions(
      yield* sql`SELECT key, position, type, action, mode, verdict FROM "action"
        WHERE task_id = ${row.task_id} ORDER BY position`
    )
    const places = yield* decodePlaces(
      yield* sql`SELECT log_id, repo, issue FROM "action" WHERE task_id = ${row.task_id}`
    )
    recorded.push({
      misplaced: places.some(
        ({ issue, log_id, repo }) => log_id !== row.id || repo !== row.repo || issue !== row.issue_id
      ),
      logId: row.id,
      taskId: row.task_id,
      at: `${row.timestamp.replace(" ", "T")}Z`,
      acts: actions.some(({ mode, verdict }) => mode === "live" && grantedVerdicts.has(verdict)),
      evidence: evidenceOf(row, actions)
    })
  }
  return recorded
})

/** The name under which the chain remembers a decision. */
export const observationIdOf = (taskId: string): string => `farmops/triage/${taskId}`

const decodeStrays = Schema.decodeUnknownEffect(
  Schema.Array(Schema.Struct({ log_id: Schema.NullOr(Schema.Int), task_id: Schema.String }))
)

/** Rows that belong to no decision of ours: of the log without a detail, and of actions of no recorded task. */
export const readStrays = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  return yield* decodeStrays(
    yield* sql`SELECT l.id AS log_id, '' AS task_id FROM action_log l
        WHERE NOT EXISTS (SELECT 1 FROM decision_detail d WHERE d.log_id = l.id)
      UNION ALL SELECT DISTINCT NULL AS log_id, a.task_id FROM "action" a
        WHERE NOT EXISTS (SELECT 1 FROM decision_detail d WHERE d.task_id = a.task_id)`
  )
})
