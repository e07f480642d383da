/** An issue as it is on GitHub now, with what decisions rest on beside it. What seldom changes is asked for seldom. */
import { Cache, Context, Effect, Layer } from "effect"
import type { ReadFault } from "../GitHubErrors.ts"
import { GitHubReads } from "../GitHubReads.ts"
import type { TriageSituation } from "../policy/TriageSituation.ts"
import type { Task } from "../protocol/Task.ts"

/** The part of {@link TriageSituation} that GitHub knows. */
export type IssueNow = Pick<TriageSituation, "issue" | "comments" | "repositoryLabels" | "authorPermission">

// A label that is made or deleted is known after a minute; GitHub refuses one that is gone before.
const labelsTtl = "1 minute"

// Who is a maintainer changes seldom, and matters little for a day.
const permissionTtl = "24 hours"

const repositoriesMax = 5_000
const authorsMax = 20_000

/** What the protocol lets a task carry. */
const commentsOfTask = 100

const make = Effect.gen(function* () {
  const reads = yield* GitHubReads
  const labels = yield* Cache.make({
    capacity: repositoriesMax,
    timeToLive: labelsTtl,
    lookup: (repo: string) => reads.listLabels(repo)
  })
  const permissions = yield* Cache.make({
    capacity: authorsMax,
    timeToLive: permissionTtl,
    lookup: (key: string) => {
      const [repo = "", login = ""] = key.split(" ")
      return reads.permission(repo, login)
    }
  })

  const factsOf = Effect.fnUntraced(function* (repo: string, number: number, newest: number | null) {
    const issue = yield* reads.getIssue(repo, number)
    const which = newest === null ? undefined : { newest, count: issue.comments }
    const comments: Task["payload"]["comments"] =
      issue.comments === 0 ? [] : yield* reads.listComments(repo, number, which)
    const isPerson = issue.user !== null && issue.user.type !== "Bot"
    const facts: IssueNow = {
      issue,
      comments,
      repositoryLabels: yield* Cache.get(labels, repo),
      authorPermission: isPerson ? yield* Cache.get(permissions, `${repo} ${issue.user?.login ?? ""}`) : null
    }
    return facts
  })

  return {
    /** For an agent: the newest hundred comments. */
    forTask: (repo: string, number: number): Effect.Effect<IssueNow, ReadFault> =>
      factsOf(repo, number, commentsOfTask),
    /** For the policy: all comments, since each may be a veto. */
    forPolicy: (repo: string, number: number): Effect.Effect<IssueNow, ReadFault> => factsOf(repo, number, null)
  } as const
})

/** The reader of single issues. */
export class IssueFacts extends Context.Service<IssueFacts>()("@farmops/triage/IssueFacts", { make }) {
  static readonly layer: Layer.Layer<IssueFacts, never, GitHubReads> = Layer.effect(this, this.make)
}
