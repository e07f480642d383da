/** A GitHub in memory with the traits that a poller can stumble over: inclusive `since`, pages, and an ETag that a 304 spells otherwise. */
import { createHash } from "node:crypto"
import { Effect, Layer } from "effect"
import { GitHubRefused, GitHubUnreachable, type ReadFault } from "../src/GitHubErrors.ts"
import { GitHubReads, type IssueEvent, type IssuesAnswer, type IssuesQuery } from "../src/GitHubReads.ts"
import type { GitHubComment, GitHubIssue } from "../src/protocol/GitHubIssue.ts"
import { issueOf } from "./issues.ts"

const missing = new GitHubRefused({ route: "GET", status: 404, detail: "Not Found" })

/** One repository's issues, to be changed by a test between two looks. */
export class StandInGitHub {
  readonly issues = new Map<number, GitHubIssue>()
  readonly comments = new Map<number, ReadonlyArray<GitHubComment>>()
  readonly events = new Map<number, ReadonlyArray<IssueEvent>>()
  labels: ReadonlyArray<string> = ["bug", "question", "needs-human"]
  permission = "read"
  /** Fails every look at a single issue while it is there. */
  readFault: ReadFault | null = null
  /** What was asked for, as `page 1 W/"…"`. */
  readonly questions: Array<IssuesQuery> = []
  pollIntervalSeconds: number | null = null
  /** Runs before each answer; may change what is there, or fail in GitHub's stead. */
  before: (question: number) => ReadFault | undefined = () => undefined

  put(change: Partial<GitHubIssue>): GitHubIssue {
    const issue = issueOf(change)
    this.issues.set(issue.number, issue)
    return issue
  }

  private page({ direction, page = 1, perPage = 100, since = "", state = "all" }: IssuesQuery) {
    const sign = direction === "asc" ? 1 : -1
    const all = [...this.issues.values()]
      .filter((issue) => issue.updated_at >= since && (state === "all" || issue.state === state))
      .sort((a, b) => sign * (a.updated_at.localeCompare(b.updated_at) || a.number - b.number))
    return { issues: all.slice((page - 1) * perPage, page * perPage), hasNext: all.length > page * perPage }
  }

  private readonly listIssues = (query: IssuesQuery) =>
    Effect.suspend((): Effect.Effect<IssuesAnswer, ReadFault> => {
      this.questions.push(query)
      const fault = this.before(this.questions.length)
      if (fault !== undefined) return Effect.fail(fault)
      const { hasNext, issues } = this.page(query)
      const weak = `W/"${createHash("sha256")
        .update(JSON.stringify([query.since, issues]))
        .digest("hex")}"`
      const { pollIntervalSeconds } = this
      return query.etag === weak
        ? Effect.succeed({ _tag: "NotModified", pollIntervalSeconds })
        : Effect.succeed({ _tag: "Page", issues, etag: weak, hasNext, pollIntervalSeconds })
    })

  readonly layer: Layer.Layer<GitHubReads> = Layer.sync(GitHubReads, () => ({
    viewer: Effect.fail(missing),
    repository: () => Effect.fail(missing),
    listIssues: this.listIssues,
    getIssue: (_repo, number) =>
      Effect.suspend((): Effect.Effect<GitHubIssue, ReadFault> => {
        if (this.readFault !== null) return Effect.fail(this.readFault)
        const issue = this.issues.get(number)
        return issue === undefined ? Effect.fail(missing) : Effect.succeed(issue)
      }),
    listComments: (_repo, number) => Effect.sync(() => this.comments.get(number) ?? []),
    listEvents: (_repo, number) => Effect.sync(() => this.events.get(number) ?? []),
    listReactions: () => Effect.succeed([]),
    hasLabel: (_repo, name) => Effect.sync(() => this.labels.includes(name)),
    listLabels: () => Effect.sync(() => this.labels),
    permission: () => Effect.sync(() => this.permission),
    budget: Effect.succeed(null)
  }))
}

/** GitHub is away. */
export const away = new GitHubUnreachable({ route: "GET", reason: "server_error" })
