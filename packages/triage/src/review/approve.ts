/**
 * A person's yes to what was proposed: the policy looks at it once more, with the issue as it is now; then it is planned, and its task has
 * another turn. A yes overrules the mode `propose` and nothing else.
 */
import { Clock, Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { ActionLog } from "../ActionLog.ts"
import { decideTriage, type PolicyInput, type Ruling } from "../policy/decideTriage.ts"
import { type DenialReason, denialReasons } from "../policy/denialReasons.ts"
import { Action } from "../protocol/Decision.ts"
import { orStoreUnavailable } from "../StoreUnavailable.ts"
import { type ActionType, approved, sameName, type TriageRules } from "../TriageRules.ts"
import { IssueFacts } from "../work/IssueFacts.ts"
import { readDoneBefore, verdictCloseNotice, verdictEscalation } from "../work/readDoneBefore.ts"
import { TaskQueue } from "../work/TaskQueue.ts"
import { WordGuard } from "../work/triagePorts.ts"

const ProposalRow = Schema.Struct({
  task_id: Schema.String,
  repo: Schema.String,
  issue: Schema.Int,
  action: Schema.fromJsonString(Action),
  verdict: Schema.String
})
const decodeProposals = Schema.decodeUnknownEffect(Schema.Array(ProposalRow))

type Proposal = typeof ProposalRow.Type

/** No proposal has this key: it was approved already, or never was one. */
export class ProposalUnknown extends Schema.TaggedError<ProposalUnknown>()("ProposalUnknown", { key: Schema.String }) {
  override get message() {
    return `no proposal has the key ${this.key}`
  }
}

/** What was proposed may not be done any more. It stays a proposal. */
export class ProposalDenied extends Schema.TaggedError<ProposalDenied>()("ProposalDenied", {
  key: Schema.String,
  /** A code of `denialReasons`; `mode_shadow` where the file says by now that nothing of it is done. */
  reason: Schema.String
}) {
  override get message() {
    const words = Object.hasOwn(denialReasons, this.reason)
      ? denialReasons[this.reason as DenialReason]
      : "the configuration says by now that nothing of the kind is done"
    return `the proposal ${this.key} may not be done any more: ${words}`
  }
}

/** A notice is a comment that the mode of closing governs, and a call for a person a label. */
const askedOf = ({ action, verdict }: Proposal): { readonly type: ActionType } & Pick<PolicyInput, "decision"> => {
  if (verdict === verdictCloseNotice) {
    return { type: "close", decision: { decision: "close", actions: [{ type: "close", reason: "not_planned" }] } }
  }
  if (verdict === verdictEscalation) return { type: "add_label", decision: { decision: "escalate", actions: [] } }
  return { type: action.type, decision: { decision: "label_and_respond", actions: [action] } }
}

const readProposal = Effect.fnUntraced(function* (key: string) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* decodeProposals(
    yield* sql`SELECT task_id, repo, issue, action, verdict FROM "action" WHERE key = ${key} AND state = 'proposed'`
  )
  return row ?? null
})

const reasonAgainst = (ruling: Ruling | undefined): string | null => {
  if (ruling === undefined) return "decision_skips"
  if (ruling._tag === "Denied") return ruling.reason
  return ruling._tag === "Allowed" ? null : "mode_shadow"
}

/** What stands in the way now; null where nothing does. */
const ruleAgain = Effect.fnUntraced(function* (proposal: Proposal, rules: TriageRules) {
  const { issue, repo } = proposal
  const facts = yield* (yield* IssueFacts).forPolicy(repo, issue)
  const { isSuspicious } = yield* WordGuard
  const { decision, type } = askedOf(proposal)
  const ruled = decideTriage({
    decision,
    situation: { ...facts, changed: false, backlog: false, suspicious: isSuspicious(facts.issue, facts.comments) },
    done: yield* orStoreUnavailable(readDoneBefore(repo, issue)),
    rules: approved(rules, type),
    nowMs: yield* Clock.currentTimeMillis
  })
  return reasonAgainst(ruled[0]?.ruling)
})

/**
 * Agrees to one proposal under the rules of its repository. The harness does it within seconds when it runs, else at its next start; an
 * issue that somebody changes meanwhile is left as it is, and looked at anew.
 */
export const approveProposal = Effect.fn("approveProposal")(function* (
  key: string,
  allRules: ReadonlyArray<TriageRules>
) {
  const log = yield* ActionLog
  const queue = yield* TaskQueue
  const proposal = yield* orStoreUnavailable(readProposal(key))
  if (proposal === null) return yield* new ProposalUnknown({ key })
  const rules = allRules.find(({ repo }) => sameName(repo, proposal.repo))
  // The repository left the configuration: nothing is done there.
  const reason = rules === undefined ? "mode_off" : yield* ruleAgain(proposal, rules)
  if (reason !== null) return yield* new ProposalDenied({ key, reason })
  // The yes is on the disk before the task has its turn; one that is cut off between the two has it at the next start.
  yield* log.approve(key).pipe(Effect.catchTag("ActionNotOpen", () => Effect.fail(new ProposalUnknown({ key }))))
  yield* queue.resume(proposal.task_id)
  return proposal.task_id
})
