/** One issue on a GitHub in memory, with the events and comments that an executor reads back. A test decides what becomes of a write. */
import { Clock, Effect, Layer } from "effect"
import { GitHubRefused, OutcomeUnknown, type ReadFault, type WriteFault } from "../src/GitHubErrors.ts"
import { GitHubReads, type IssueEvent } from "../src/GitHubReads.ts"
import { GitHubWrites } from "../src/github/GitHubWrites.ts"
import { WriteTurn } from "../src/github/WriteQueue.ts"
import type { GitHubComment, GitHubIssue } from "../src/protocol/GitHubIssue.ts"
import { issueOf } from "./issues.ts"

/** What becomes of the next write: it happens and nobody says so, it does not and nobody says so, or a definite no. */
export type Fate = "lost_after" | "lost_before" | WriteFault

const bot = { login: "farm-bot", type: "User" }
const lost = new OutcomeUnknown({ route: "POST", reason: "no_answer" })
const gone = new GitHubRefused({ route: "DELETE", status: 404, detail: "Not Found" })

const spell = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, "Z")

/** The issue and who touches it. */
export class MemoryGitHub {
  issue: GitHubIssue = issueOf()
  comments: Array<GitHubComment> = []
  events: Array<IssueEvent> = []
  fates: Array<Fate> = []
  /** What the next reads meet; null for nothing. */
  readFaults: Array<ReadFault | null> = []
  writes = 0

  private change(login: string, event: string | null, part: Partial<GitHubIssue>, label: string | null = null) {
    return Effect.map(Clock.currentTimeMillis, (now) => {
      const created_at = spell(now)
      this.issue = { ...this.issue, ...part, updated_at: created_at }
      if (event === null) return
      this.events.push({ id: this.events.length + 1, event, actor: { login, type: "User" }, created_at, label })
    })
  }

  label = (login: string, label: string) =>
    this.change(login, "labeled", { labels: [...this.issue.labels, { name: label }] }, label)
  unlabel = (login: string, label: string) =>
    this.change(login, "unlabeled", { labels: this.issue.labels.filter(({ name }) => name !== label) }, label)
  setState = (login: string, state: "open" | "closed", reason: string) =>
    this.change(login, state === "closed" ? "closed" : "reopened", { state, state_reason: reason })

  say = (login: string, body: string) =>
    Effect.gen({ self: this }, function* () {
      const at = spell(yield* Clock.currentTimeMillis)
      const user = { login, type: "User" }
      const comment = {
        id: 100 + this.comments.length,
        body,
        user,
        author_association: "NONE",
        created_at: at,
        updated_at: at
      }
      this.comments.push(comment)
      yield* this.change(login, null, { comments: this.comments.length })
      return comment
    })

  private write<A>(effect: Effect.Effect<A>): Effect.Effect<A, WriteFault, WriteTurn> {
    return Effect.flatMap(WriteTurn, (turn) =>
      turn.write(
        Effect.suspend((): Effect.Effect<A, WriteFault> => {
          this.writes++
          const fate = this.fates.shift()
          if (fate === undefined) return effect
          if (fate === "lost_before") return Effect.fail(lost)
          return fate === "lost_after" ? Effect.andThen(effect, Effect.fail(lost)) : Effect.fail(fate)
        })
      )
    )
  }

  private read<A>(look: () => A): Effect.Effect<A, ReadFault> {
    return Effect.suspend((): Effect.Effect<A, ReadFault> => {
      const fault = this.readFaults.shift() ?? null
      return fault === null ? Effect.succeed(look()) : Effect.fail(fault)
    })
  }

  private readonly labelNames = () => this.issue.labels.map(({ name }) => name)

  readonly layer: Layer.Layer<GitHubReads | GitHubWrites> = Layer.mergeAll(
    Layer.succeed(GitHubReads, {
      viewer: this.read(() => ({ ...bot, scopes: null })),
      repository: () => Effect.fail(gone),
      listIssues: () => Effect.fail(gone),
      getIssue: () => this.read(() => this.issue),
      listComments: () => this.read(() => this.comments),
      listEvents: () => this.read(() => this.events),
      listReactions: () => this.read(() => []),
      hasLabel: (_, label) => this.read(() => label !== "invented"),
      listLabels: () => this.read(() => []),
      permission: () => this.read(() => "read"),
      budget: Effect.succeed(null)
    }),
    Layer.succeed(GitHubWrites, {
      createComment: (_repo, _issue, body) => this.write(this.say(bot.login, body)),
      deleteComment: (_repo, id) =>
        this.write(
          Effect.suspend(() => {
            this.comments = this.comments.filter((one) => one.id !== id)
            return this.change(bot.login, null, { comments: this.comments.length })
          })
        ),
      addLabel: (_repo, _issue, label) => this.write(Effect.map(this.label(bot.login, label), this.labelNames)),
      removeLabel: (_repo, _issue, label) => this.write(Effect.map(this.unlabel(bot.login, label), this.labelNames)),
      close: (_repo, _issue, reason) =>
        this.write(Effect.map(this.setState(bot.login, "closed", reason), () => this.issue)),
      reopen: () => this.write(Effect.map(this.setState(bot.login, "open", "reopened"), () => this.issue))
    })
  )
}
