/** A decision under the policy, with the issue as it is now: what the log will hold of it. */
import { Clock, DateTime, Effect, Semaphore } from "effect"
import { SqlClient } from "effect/sql"
import { ActionLog, type PlannedAction } from "../ActionLog.ts"
import type { ReadFault } from "../GitHubErrors.ts"
import { decideTriage, type Purpose, type RuledAction } from "../policy/decideTriage.ts"
import { issueFingerprint } from "../poll/issueFingerprint.ts"
import { type Action, commentCharactersMax, type Decision } from "../protocol/Decision.ts"
import { orStoreUnavailable, type StoreUnavailable } from "../StoreUnavailable.ts"
import { IssueFacts, type IssueNow } from "./IssueFacts.ts"
import { othersComments } from "./othersComments.ts"
import { readDoneBefore, verdictAllowed, verdictCloseNotice, verdictEscalation } from "./readDoneBefore.ts"
import type { TaskRow } from "./taskRows.ts"
import { type TriageRoute, WordGuard } from "./triagePorts.ts"

/** How often an issue that changes under a decision is looked at again before a person is asked. */
export const roundsMax = 1

/** Whether the actions were overtaken: the issue wants another look. */
export interface Ruled {
  readonly issue: IssueNow["issue"]
  readonly overtaken: boolean
}

const verdicts: Readonly<Record<Purpose, string>> = {
  asked: verdictAllowed,
  close_notice: verdictCloseNotice,
  escalation: verdictEscalation
}

const states = { Allowed: "planned", NeedsApproval: "proposed", Shadow: "shadow" } as const
const modeOf = { Allowed: "live", NeedsApproval: "propose", Shadow: "shadow" } as const

type Posted = (body: string) => string | null

/** The words of an action as they may be posted; null where nothing of them is left, or they became too long for the log. */
const harmless = (action: Action, posted: Posted): Action | null => {
  if (action.type !== "comment") return action
  const body = posted(action.body)
  return body === null || body.length > commentCharactersMax ? null : { ...action, body }
}

const planOne = ({ asked, purpose, ruling }: RuledAction, { rules }: TriageRoute, posted: Posted): PlannedAction => {
  const denied = (verdict: string): PlannedAction => ({
    action: asked,
    mode: rules.modes[asked.type],
    verdict,
    state: "denied"
  })
  if (ruling._tag === "Denied") return denied(ruling.reason)
  const action = harmless(ruling.does, posted)
  if (action === null) return denied("comment_empty")
  return { action, mode: modeOf[ruling._tag], verdict: verdicts[purpose], state: states[ruling._tag] }
}

// An agent's comment of which nothing may be posted takes no comment's place.
const withoutEmpty = (decision: Decision, posted: Posted): Decision => ({
  ...decision,
  actions: decision.actions.map((action) => (harmless(action, posted) === null ? { ...action, body: " " } : action))
})

/** Makes the one function that rules. Caps hold across all issues: from the count to the record nobody else rules. */
export const makeRuleOnDecision = Effect.gen(function* () {
  const log = yield* ActionLog
  const facts = yield* IssueFacts
  const guard = yield* WordGuard
  const sql = yield* SqlClient.SqlClient
  const turn = yield* Semaphore.make(1)

  const record = Effect.fnUntraced(function* (row: TaskRow, decision: Decision, route: TriageRoute, now: IssueNow) {
    const { rules } = route
    const posted: Posted = (body) => guard.posted(body, rules.linkHosts)
    const changed = issueFingerprint(now.issue) !== row.payload.fingerprint
    // Twice in a row somebody was at it meanwhile: that is a conversation, and a person's to join.
    const yields = changed && row.payload.rounds >= roundsMax
    const ruled = decideTriage({
      decision: yields ? { decision: "escalate", actions: decision.actions } : withoutEmpty(decision, posted),
      situation: {
        ...now,
        changed: changed && !yields,
        backlog: row.payload.backlog,
        suspicious: row.payload.suspicious || guard.isSuspicious(now.issue, othersComments(now.comments, rules.botUser))
      },
      done: yield* readDoneBefore(row.repo, row.issue),
      rules,
      nowMs: yield* Clock.currentTimeMillis
    })
    yield* log.record({
      taskId: row.id,
      taskType: "issue.triage",
      repo: row.repo,
      seen: now.issue,
      decision: yields ? { ...decision, decision: "escalate" } : decision,
      batch: DateTime.formatIso(yield* DateTime.now).slice(0, 10),
      agent: route.agent.name,
      actions: ruled.map((one) => planOne(one, route, posted))
    })
    const overtaken = ruled.some(({ ruling }) => ruling._tag === "Denied" && ruling.reason === "issue_changed")
    return { issue: now.issue, overtaken }
  })

  return Effect.fn("TriageDispatch.rule")(function* (
    row: TaskRow,
    decision: Decision,
    route: TriageRoute
  ): Effect.fn.Return<Ruled, ReadFault | StoreUnavailable> {
    const now = yield* facts.forPolicy(row.repo, row.issue)
    return yield* orStoreUnavailable(
      turn.withPermits(1)(Effect.provideService(record(row, decision, route, now), SqlClient.SqlClient, sql))
    )
  })
})
