/** GitHub's answers as our own types. Keys that its description leaves optional get the value that their absence means. */
import { Effect, Schema } from "effect"
import { GitHubComment, GitHubIssue, GitHubTime, GitHubUser } from "../protocol/GitHubIssue.ts"

const Account = Schema.NullOr(GitHubUser)

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

// A label is an object in the answers that we ask for, and may be a bare name by the description.
const labelOf = (label: unknown): unknown => (typeof label === "string" ? { name: label } : label)

const wholeIssue = (answer: unknown): unknown =>
  isRecord(answer)
    ? {
        ...answer,
        body: answer.body ?? null,
        assignees: answer.assignees ?? [],
        labels: Array.isArray(answer.labels) ? answer.labels.map(labelOf) : answer.labels
      }
    : answer

const wholeComment = (answer: unknown): unknown => (isRecord(answer) ? { ...answer, body: answer.body ?? "" } : answer)

const eachOf = (whole: (item: unknown) => unknown) => (answer: unknown) =>
  Array.isArray(answer) ? answer.map(whole) : answer

const reader =
  <A>(schema: Schema.Codec<A, unknown>, whole: (answer: unknown) => unknown = (answer) => answer) =>
  (answer: unknown) =>
    Effect.suspend(() => Schema.decodeUnknownEffect(schema)(whole(answer)))

/** One issue. */
export const readIssue = reader(GitHubIssue, wholeIssue)

/** A page of issues. */
export const readIssues = reader(Schema.Array(GitHubIssue), eachOf(wholeIssue))

/** One comment. */
export const readComment = reader(GitHubComment, wholeComment)

/** A page of comments. */
export const readComments = reader(Schema.Array(GitHubComment), eachOf(wholeComment))

const Label = Schema.Struct({ name: Schema.String })

/** One label. */
export const readLabel = reader(Label)

/** The names of labels. */
export const readLabels = (answer: unknown) =>
  Effect.map(reader(Schema.Array(Label))(answer), (labels) => labels.map(({ name }) => name))

/** The account of the token. */
export const readViewer = reader(GitHubUser)

/** A repository. */
export const readRepository = reader(
  Schema.Struct({
    full_name: Schema.String,
    archived: Schema.Boolean,
    has_issues: Schema.Boolean,
    permissions: Schema.optionalKey(Schema.Struct({ push: Schema.Boolean, triage: Schema.optionalKey(Schema.Boolean) }))
  })
)

/** A page of an issue's events. */
export const readEvents = reader(
  Schema.Array(
    Schema.Struct({
      id: Schema.Int,
      event: Schema.String,
      actor: Account,
      created_at: GitHubTime,
      label: Schema.optionalKey(Schema.NullOr(Schema.Struct({ name: Schema.NullOr(Schema.String) })))
    })
  )
)

/** A page of reactions. */
export const readReactions = reader(Schema.Array(Schema.Struct({ content: Schema.String, user: Account })))

/** What an account may do. */
export const readPermission = reader(
  Schema.Struct({ permission: Schema.String, role_name: Schema.optionalKey(Schema.String) })
)
