/** What the harness may learn from GitHub. The poller, the policy and the doctor know this port and no client. */
import { Context, type Effect } from "effect"
import type { ReadFault } from "./GitHubErrors.ts"
import type { GitHubComment, GitHubIssue } from "./protocol/GitHubIssue.ts"

/** What one look at a list of issues asks for. The list holds pull requests too: filter on `pull_request`. */
export interface IssuesQuery {
  readonly repo: string
  /** Only what was updated at or after this instant; GitHub includes it, so the boundary comes again. */
  readonly since?: string
  /** Of an earlier 200 for the very same query. Never that of a 304: GitHub spells it otherwise there. */
  readonly etag?: string
  /** From 1. */
  readonly page?: number
  /** 1 to 100, which is what is asked for where nothing is said. */
  readonly perPage?: number
  readonly state?: "open" | "closed" | "all"
  readonly sort?: "updated" | "created"
  readonly direction?: "asc" | "desc"
}

/** What GitHub answered to an {@link IssuesQuery}. */
export type IssuesAnswer =
  | {
      readonly _tag: "NotModified"
      /** Seconds that GitHub asks to leave between two polls; null where it says nothing. */
      readonly pollIntervalSeconds: number | null
    }
  | {
      readonly _tag: "Page"
      readonly issues: ReadonlyArray<GitHubIssue>
      readonly etag: string | null
      readonly hasNext: boolean
      readonly pollIntervalSeconds: number | null
    }

/** Whose token this is. */
export interface Viewer {
  readonly login: string
  readonly type: string
  /** The scopes of a classic token; null for a fine-grained one, which does not name them. */
  readonly scopes: ReadonlyArray<string> | null
}

/** A repository as far as the harness looks at it. */
export interface RepositoryFacts {
  readonly fullName: string
  readonly archived: boolean
  readonly hasIssues: boolean
  /** What the token's account may do here. */
  readonly mayTriage: boolean
  readonly mayPush: boolean
}

/** One thing that happened to an issue, as `labeled`, `reopened` or `closed`. */
export interface IssueEvent {
  readonly id: number
  readonly event: string
  /** Null for a deleted account. */
  readonly actor: { readonly login: string; readonly type: string } | null
  readonly created_at: string
  /** Of a label's event. */
  readonly label: string | null
}

/** A reaction; 👎 is `-1`. */
export interface Reaction {
  readonly content: string
  readonly login: string | null
}

/** How near the primary limit is, from the last answer; null before the first. */
export interface RateBudget {
  readonly limit: number
  readonly remaining: number
  readonly resetAt: string
}

/** Each read is retried within bounds and answers, or fails with what a caller may do about it. */
export class GitHubReads extends Context.Service<
  GitHubReads,
  {
    readonly viewer: Effect.Effect<Viewer, ReadFault>
    readonly repository: (repo: string) => Effect.Effect<RepositoryFacts, ReadFault>
    /** One page, conditional where an ETag is given; `state=all`, by `updated` and newest first where nothing is said. */
    readonly listIssues: (query: IssuesQuery) => Effect.Effect<IssuesAnswer, ReadFault>
    /** Never from a cache. */
    readonly getIssue: (repo: string, issue: number) => Effect.Effect<GitHubIssue, ReadFault>
    /**
     * Oldest first. All of them, or those updated at or after `since`; `newest` keeps the last so many of the issue's, and
     * needs `count`, its number of comments. More than a thousand fail as unreachable: never a part for the whole.
     */
    readonly listComments: (
      repo: string,
      issue: number,
      which?: { readonly since?: string; readonly newest?: number; readonly count?: number }
    ) => Effect.Effect<ReadonlyArray<GitHubComment>, ReadFault>
    readonly listEvents: (repo: string, issue: number) => Effect.Effect<ReadonlyArray<IssueEvent>, ReadFault>
    readonly listReactions: (repo: string, comment: number) => Effect.Effect<ReadonlyArray<Reaction>, ReadFault>
    readonly hasLabel: (repo: string, label: string) => Effect.Effect<boolean, ReadFault>
    /** The names of the repository's labels. */
    readonly listLabels: (repo: string) => Effect.Effect<ReadonlyArray<string>, ReadFault>
    /** `admin`, `maintain`, `write`, `triage`, `read` or `none`. */
    readonly permission: (repo: string, login: string) => Effect.Effect<string, ReadFault>
    readonly budget: Effect.Effect<RateBudget | null>
  }
>()("@farmops/triage/GitHubReads") {}
