/** An issue as GitHub's REST API spells it, cut down to what a decision may rest on. Unknown keys of GitHub's are dropped. */
import { Schema } from "effect"

/** An instant in GitHub's spelling, `2026-01-31T09:00:00Z`. Kept as text: it is compared and sent back, never computed with. */
export const GitHubTime = Schema.String.check(Schema.isPattern(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/u))

/** An account. `type` tells a person from a bot; a deleted account is the user `ghost`. */
export const GitHubUser = Schema.Struct({ login: Schema.String, type: Schema.String })

/** How somebody stands to the repository, in GitHub's words: `OWNER`, `MEMBER`, `COLLABORATOR`, `CONTRIBUTOR`, `NONE` and others. */
export const AuthorAssociation = Schema.String

const Label = Schema.Struct({ name: Schema.String })

/** One issue or, where `pull_request` is there, a pull request. */
export const GitHubIssue = Schema.Struct({
  number: Schema.Int.check(Schema.isGreaterThan(0)),
  title: Schema.String,
  body: Schema.NullOr(Schema.String),
  state: Schema.Literals(["open", "closed"]),
  state_reason: Schema.optionalKey(Schema.NullOr(Schema.String)),
  locked: Schema.Boolean,
  labels: Schema.Array(Label),
  assignees: Schema.Array(GitHubUser),
  user: Schema.NullOr(GitHubUser),
  author_association: AuthorAssociation,
  /** How many comments it has; the comments themselves are {@link GitHubComment}s. */
  comments: Schema.Int,
  created_at: GitHubTime,
  updated_at: GitHubTime,
  closed_at: Schema.NullOr(GitHubTime),
  pull_request: Schema.optionalKey(Schema.Unknown)
})

/** See the schema of the same name. */
export type GitHubIssue = typeof GitHubIssue.Type

/** One comment on an issue, oldest first wherever there are several. */
export const GitHubComment = Schema.Struct({
  id: Schema.Int,
  body: Schema.String,
  user: Schema.NullOr(GitHubUser),
  author_association: AuthorAssociation,
  created_at: GitHubTime,
  updated_at: GitHubTime,
  /** How often somebody put a 👎 on it; the other reactions are no veto. */
  reactions: Schema.optionalKey(Schema.Struct({ "-1": Schema.Int }))
})

/** See the schema of the same name. */
export type GitHubComment = typeof GitHubComment.Type
