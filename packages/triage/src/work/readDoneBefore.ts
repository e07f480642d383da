/** What the log tells the policy: what was done on an issue, and of late in its repository and everywhere. */
import { Effect } from "effect"
import { countedStates, readTallies } from "../actionCounts.ts"
import { type ActionRow, readIssueActions } from "../actionRows.ts"
import type { DoneBefore } from "../policy/TriageSituation.ts"

/** The verdict in an action's row where the policy allowed what was asked for; otherwise it is a purpose or a reason. */
export const verdictAllowed = "allowed"

/** The verdict in the row of a notice before a closing. */
export const verdictCloseNotice = "close_notice"

/** The verdict in the row of the label that calls a person. */
export const verdictEscalation = "escalation"

const counts: ReadonlySet<string> = new Set(countedStates)
const doneStates: ReadonlySet<string> = new Set(["done", "undone"])

type Row = typeof ActionRow.Type

const labelsOn = (rows: ReadonlyArray<Row>): ReadonlyArray<string> => {
  const labels = new Map<string, string>()
  for (const { action, changed, state } of rows) {
    if (!("label" in action)) continue
    const name = action.label.toLowerCase()
    if (action.type === "add_label" && state === "done" && changed === 1) labels.set(name, action.label)
    if (action.type === "remove_label" || state === "undone") labels.delete(name)
  }
  return [...labels.values()]
}

const noticeOf = (rows: ReadonlyArray<Row>): DoneBefore["issue"]["closeNotice"] => {
  const row = rows.findLast(({ state, verdict }) => verdict === verdictCloseNotice && state === "done")
  const at = row?.settled_at ?? null
  if (row === undefined || row.remote_id === null || at === null) return null
  return { commentId: row.remote_id, atMs: Date.parse(at) }
}

/** An issue's own history, from its actions in order. Pure. */
export const doneOnIssue = (rows: ReadonlyArray<Row>): DoneBefore["issue"] => {
  const counted = rows.filter(({ state }) => counts.has(state))
  const comments = counted.filter(({ action }) => action.type === "comment").map((row) => Date.parse(row.planned_at))
  return {
    actions: counted.length,
    commentAtMs: comments.length === 0 ? null : Math.max(...comments),
    labelsAdded: labelsOn(rows),
    closeNotice: noticeOf(rows),
    closed: rows.some(({ action, changed, state }) => action.type === "close" && doneStates.has(state) && changed !== 0)
  }
}

/** Everything that the caps and the issue's own rules need, as it stands now. */
export const readDoneBefore = Effect.fnUntraced(function* (repo: string, issue: number) {
  const done: DoneBefore = {
    issue: doneOnIssue(yield* readIssueActions(repo, issue)),
    ...(yield* readTallies(repo))
  }
  return done
})
