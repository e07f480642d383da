/** What the plugin reads of a webhook of GitHub or Gitea, what it remembers of a pull request, and what an operator may set. */
import { Effect, Schema } from "effect"

const maybe = <S extends Schema.Top>(schema: S) => Schema.optionalKey(Schema.NullOr(schema))

const Person = Schema.Struct({ id: Schema.Int, login: maybe(Schema.String), type: maybe(Schema.String) })
export type Person = typeof Person.Type

// No pull request has more, and a larger count would not fit a description.
const Count = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1_000_000_000 }))

// A digest of git's, by SHA-1 or SHA-256; a memory has to hold some.
const Commit = Schema.String.check(Schema.isMaxLength(64))

const Payload = Schema.Struct({
  action: maybe(Schema.String),
  sender: maybe(Person),
  review: maybe(
    Schema.Struct({
      state: maybe(Schema.String),
      user: maybe(Person),
      body: maybe(Schema.String),
      /** Gitea's words for what GitHub calls `state` and `body`. */
      type: maybe(Schema.String),
      content: maybe(Schema.String)
    })
  ),
  pull_request: maybe(
    Schema.Struct({
      state: maybe(Schema.String),
      draft: maybe(Schema.Boolean),
      merged: maybe(Schema.Boolean),
      user: maybe(Person),
      merged_by: maybe(Person),
      head: maybe(Schema.Struct({ sha: maybe(Commit) })),
      additions: maybe(Count),
      deletions: maybe(Count),
      changed_files: maybe(Count)
    })
  )
})

/** One delivery, cut down. */
export const Delivery = Schema.Struct({ kind: Schema.Literal("webhook"), event: Schema.String, payload: Payload })
export type Delivery = typeof Delivery.Type
export type PullRequest = NonNullable<Delivery["payload"]["pull_request"]>

const personFields = (at: string): ReadonlyArray<string> => ["id", "login", "type"].map((key) => `${at}/${key}`)

/** As much of a delivery as is asked for. The texts of reviews are asked for to see whether somebody wrote something. */
export const fields: ReadonlyArray<string> = [
  ...["/kind", "/event", "/payload/action"],
  ...["state", "body", "type", "content"].map((key) => `/payload/review/${key}`),
  ...["state", "draft", "merged", "head/sha", "additions", "deletions", "changed_files"].map(
    (key) => `/payload/pull_request/${key}`
  ),
  ...["sender", "review/user", "pull_request/user", "pull_request/merged_by"].flatMap((at) =>
    personFields(`/payload/${at}`)
  )
]

/** The most reviews that are remembered of one pull request; after that no further one counts. */
export const reviewsMax = 300

/** What is remembered of one pull request. People are the server's own numbers. */
export const Memory = Schema.Struct({
  /** Reviews that counted. */
  reviews: Schema.Array(Schema.Struct({ person: Schema.Int, commit: Schema.String })).check(
    Schema.isMaxLength(reviewsMax)
  ),
  /** The people, its author and machines aside, whose approval stands. */
  approved_by: Schema.Array(Schema.Int).check(Schema.isMaxLength(reviewsMax)),
  /** Whether its merge has counted. */
  merged: Schema.Boolean
})
export type Memory = typeof Memory.Type

const setting = (value: number, minimum: number, maximum: number, description: string) =>
  Schema.Int.check(Schema.isBetween({ minimum, maximum }))
    .annotate({ description })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed(value)))

/** What an operator may set. */
export const Configuration = Schema.Struct({
  people: Schema.Array(Schema.String)
    .annotate({ description: "Logins whose work counts; none named, everybody's." })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed([]))),
  bots: Schema.Array(Schema.String)
    .annotate({ description: "Logins of machines that the server does not call bots." })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed([]))),
  comment_characters: setting(40, 1, 10_000, "A review that only comments counts from so many characters on."),
  reviews_per_person: setting(3, 1, 100, "So many reviews of one pull request count for one person.")
})
export type Configuration = typeof Configuration.Type
