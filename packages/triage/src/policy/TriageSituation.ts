/** What the policy looks at beside the decision and the rules: the issue as it is now, and what was done before. */
import type { GitHubComment, GitHubIssue } from "../protocol/GitHubIssue.ts"

/** How things stand on GitHub, read again after the agent decided. */
export interface TriageSituation {
  readonly issue: GitHubIssue
  /** Oldest first. All of them, or a veto would be missed. */
  readonly comments: ReadonlyArray<GitHubComment>
  /** The labels that the repository has, as it spells them. */
  readonly repositoryLabels: ReadonlyArray<string>
  /** The author's permission as GitHub's permission endpoint says it, since a member may hide that they are one; null where it was not asked. */
  readonly authorPermission: string | null
  /** Whether somebody changed the issue since the agent saw it. */
  readonly changed: boolean
  /** Whether the issue is older than the harness's work here: such a one is thought through and left as it is. */
  readonly backlog: boolean
  /** Whether the issue's text seems to address an agent. */
  readonly suspicious: boolean
}

/** What was done within a time. Actions count from the moment at which they are planned, and whatever became unclear counts as done. */
export interface Tally {
  readonly actionsLastHour: number
  readonly actionsLastDay: number
  readonly closesLastDay: number
  /** Since midnight in UTC. */
  readonly microUsdToday: number
}

/** What the log tells of an issue, its repository and the whole harness. */
export interface DoneBefore {
  readonly issue: {
    /** Ever. */
    readonly actions: number
    /** Epoch milliseconds of the newest comment that was planned; null where none was. */
    readonly commentAtMs: number | null
    /** Labels that we put on. */
    readonly labelsAdded: ReadonlyArray<string>
    /** The notice before a closing, once it stands on GitHub. */
    readonly closeNotice: { readonly commentId: number; readonly atMs: number } | null
    /** Whether we ever closed it. Where it is open now, somebody thought otherwise. */
    readonly closed: boolean
  }
  readonly repository: Tally
  readonly harness: Tally
}

/** Nothing was done yet. */
export const tallyNone: Tally = { actionsLastHour: 0, actionsLastDay: 0, closesLastDay: 0, microUsdToday: 0 }

/** Nothing was done yet, anywhere. */
export const doneNothing: DoneBefore = {
  issue: { actions: 0, commentAtMs: null, labelsAdded: [], closeNotice: null, closed: false },
  repository: tallyNone,
  harness: tallyNone
}
