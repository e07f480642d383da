/** How the harness's actions, done or only thought of, compare with what the maintainers did. Reads the log and GitHub, writes neither. */
import { Effect } from "effect"
import type { SqlClient } from "effect/sql"
import type { ActionRow } from "../actionRows.ts"
import type { ReadFault } from "../GitHubErrors.ts"
import { GitHubReads } from "../GitHubReads.ts"
import type { StoreUnavailable } from "../StoreUnavailable.ts"
import type { Modes, TriageRules } from "../TriageRules.ts"
import { type IssueThen, judgeOutcome } from "./judgeOutcome.ts"
import type { Progress } from "./readHistory.ts"
import { readAskedActions } from "./readRecorded.ts"
import { type Judgement, summarizeActions, type TypeReport } from "./summarizeActions.ts"

type Row = typeof ActionRow.Type

/** A repository as the configuration has it. */
export interface ReportedRepository {
  readonly rules: TriageRules
  /** What the agent's own `config` says of modes: the innermost word, in which a change has to be made. */
  readonly ownModes: Partial<Modes>
}

/** What is said of a repository. */
export interface RepositoryReport {
  readonly repo: string
  readonly issues: number
  /** Issues that GitHub does not show any more. */
  readonly gone: number
  readonly types: ReadonlyArray<TypeReport>
  /** The issues on which the harness and the maintainer differ. */
  readonly disagreements: ReadonlyArray<{ readonly issue: number; readonly action: Row["action"] }>
}

/** What is one and the same wish, however often it was uttered. */
const subjectOf = ({ action, issue }: Row): string =>
  `${issue} ${action.type} ${"label" in action ? action.label.toLowerCase() : ""}`

interface Wish {
  readonly row: Row
  readonly sinceIso: string
}

/** Each wish once, in its last state. What was only thought of counts from its first time. */
export const wishesOf = (rows: ReadonlyArray<Row>): ReadonlyArray<Wish> => {
  const wishes = new Map<string, Wish>()
  for (const row of rows) {
    const first = wishes.get(subjectOf(row))
    const isDone = row.state === "done" || row.state === "undone"
    const sinceIso = isDone || first === undefined ? row.planned_at : first.sinceIso
    wishes.set(subjectOf(row), { row, sinceIso })
  }
  return [...wishes.values()]
}

/** Null where GitHub shows no such issue. */
const readIssueThen = Effect.fnUntraced(function* (
  repo: string,
  number: number
): Effect.fn.Return<IssueThen | null, ReadFault, GitHubReads> {
  const reads = yield* GitHubReads
  const read = Effect.all({ issue: reads.getIssue(repo, number), events: reads.listEvents(repo, number) })
  return yield* Effect.catchTag(read, "GitHubRefused", (error) =>
    error.status === 404 || error.status === 410 ? Effect.succeed(null) : Effect.fail(error)
  )
})

/** The report of one repository, over its newest `issuesMax` issues: two questions to GitHub for each. */
export const reportRepository = Effect.fn("reportRepository")(function* (
  { ownModes, rules }: ReportedRepository,
  issuesMax: number,
  progress?: Progress
): Effect.fn.Return<RepositoryReport, ReadFault | StoreUnavailable, GitHubReads | SqlClient.SqlClient> {
  const wishes = wishesOf(yield* readAskedActions(rules.repo, issuesMax))
  const compared = wishes.filter(({ row }) => row.action.type !== "comment")
  const numbers = [...new Set(compared.map(({ row }) => row.issue))]
  const found = new Map<number, IssueThen | null>()
  for (const number of numbers) {
    found.set(number, yield* readIssueThen(rules.repo, number))
    progress?.(found.size, numbers.length)
  }
  const judged = wishes.map(({ row, sinceIso }): Judgement => {
    const now = found.get(row.issue) ?? null
    return { row, outcome: now === null ? null : judgeOutcome(row, sinceIso, now, rules.botUser) }
  })
  return {
    repo: rules.repo,
    issues: new Set(wishes.map(({ row }) => row.issue)).size,
    gone: [...found.values()].filter((now) => now === null).length,
    types: summarizeActions(judged, rules, ownModes),
    disagreements: judged.flatMap(({ outcome, row }) =>
      outcome === "disagreed" ? [{ issue: row.issue, action: row.action }] : []
    )
  }
})
