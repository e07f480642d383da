/** {@link GitHubWrites} over the one connection. Nothing is repeated here: who asked reads back first. */
import { Effect, Layer, type Schema } from "effect"
import { OutcomeUnknown, type WriteFault } from "../GitHubErrors.ts"
import type { WriteRoute } from "./allowedCalls.ts"
import { type CallFault, GitHubConnection } from "./GitHubConnection.ts"
import { GitHubWrites } from "./GitHubWrites.ts"
import { readComment, readIssue, readLabels } from "./githubAnswers.ts"
import { WriteTurn } from "./WriteQueue.ts"

const asWriteFault = (fault: CallFault): WriteFault =>
  fault._tag === "NoClearAnswer" ? new OutcomeUnknown({ route: fault.route, reason: fault.reason }) : fault

const issueAt = (name: string, issue: number) => {
  const [owner = "", repo = ""] = name.split("/")
  return { owner, repo, issue_number: issue }
}

const make = Effect.gen(function* () {
  const connection = yield* GitHubConnection

  const send = Effect.fnUntraced(function* <A>(
    route: WriteRoute,
    parameters: Readonly<Record<string, unknown>>,
    read: (data: unknown) => Effect.Effect<A, Schema.SchemaError>
  ): Effect.fn.Return<A, WriteFault, WriteTurn> {
    const turn = yield* WriteTurn
    const { data } = yield* turn.write(Effect.mapError(connection.call(route, parameters), asWriteFault))
    // It was done, by its status; what was made has to be read back.
    return yield* Effect.mapError(read(data), () => new OutcomeUnknown({ route, reason: "unreadable" }))
  })

  const issueRoute = "PATCH /repos/{owner}/{repo}/issues/{issue_number}"
  return GitHubWrites.of({
    createComment: Effect.fn("GitHubWrites.createComment")((repo, issue, body) =>
      send("POST /repos/{owner}/{repo}/issues/{issue_number}/comments", { ...issueAt(repo, issue), body }, readComment)
    ),
    deleteComment: Effect.fn("GitHubWrites.deleteComment")((name, comment) => {
      const { owner, repo } = issueAt(name, 0)
      const route = "DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}"
      return send(route, { owner, repo, comment_id: comment }, () => Effect.void)
    }),
    addLabel: Effect.fn("GitHubWrites.addLabel")((repo, issue, label) =>
      send(
        "POST /repos/{owner}/{repo}/issues/{issue_number}/labels",
        { ...issueAt(repo, issue), labels: [label] },
        readLabels
      )
    ),
    removeLabel: Effect.fn("GitHubWrites.removeLabel")((repo, issue, label) =>
      send(
        "DELETE /repos/{owner}/{repo}/issues/{issue_number}/labels/{name}",
        { ...issueAt(repo, issue), name: label },
        readLabels
      )
    ),
    close: Effect.fn("GitHubWrites.close")((repo, issue, reason) =>
      send(issueRoute, { ...issueAt(repo, issue), state: "closed", state_reason: reason }, readIssue)
    ),
    reopen: Effect.fn("GitHubWrites.reopen")((repo, issue) =>
      send(issueRoute, { ...issueAt(repo, issue), state: "open", state_reason: "reopened" }, readIssue)
    )
  })
})

/** The writes of one connection. */
export const layerGitHubWrites: Layer.Layer<GitHubWrites, never, GitHubConnection> = Layer.effect(GitHubWrites, make)
