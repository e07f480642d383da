/** What can go wrong when a model is asked: a closed set, each with what the asking has cost so far, so that a budget can charge it. */
import { Schema } from "effect"
import { Spent } from "./Spent.ts"

const common = {
  /** `provider/model`. */
  model: Schema.String,
  /** All attempts of this question, those before this failure included. */
  spent: Spent
}

/** The model would not answer. Asking again the same way does not help. */
export class ModelRefused extends Schema.TaggedError<ModelRefused>()("ModelRefused", common) {
  override get message() {
    return `${this.model} refused to answer`
  }
}

/** The answer was cut off at the bound of tokens. A larger bound may help; a repair cannot. */
export class ModelStoppedShort extends Schema.TaggedError<ModelStoppedShort>()("ModelStoppedShort", {
  ...common,
  maxOutputTokens: Schema.Int
}) {
  override get message() {
    return `${this.model} did not finish its answer within ${this.maxOutputTokens} tokens`
  }
}

/** Too many requests, or a provider with too much to do. It was tried again as often as is allowed. */
export class ModelOverloaded extends Schema.TaggedError<ModelOverloaded>()("ModelOverloaded", {
  ...common,
  status: Schema.Int,
  /** What the provider asked to wait; null where it said nothing. */
  retryAfterMs: Schema.NullOr(Schema.Int)
}) {
  override get message() {
    const wait = this.retryAfterMs === null ? "" : `, and asks to wait ${Math.ceil(this.retryAfterMs / 1000)} s`
    return `${this.model} has too much to do (status ${this.status})${wait}`
  }
}

const sentences = {
  unreachable: "does not answer",
  timed_out: "did not answer in time",
  too_large: "answered with more than is taken",
  redirected: "answered with a redirect, and redirects are not followed",
  bad_url: "has no usable address",
  unauthorized: "does not accept the key",
  unknown_model: "does not know this model",
  rejected: "does not accept the request",
  failed: "failed",
  unexpected: "answered in a form that is not its own",
  not_installed: "needs packages that are not installed: ai, zod and its provider's",
  not_recorded: "has no recorded answer to this request"
} as const

/** Why there is no answer. */
export type UnavailableReason = keyof typeof sentences

/** No usable answer came from the provider. Worth another try later where `reason` is `unreachable`, `timed_out` or `failed`. */
export class ModelUnavailable extends Schema.TaggedError<ModelUnavailable>()("ModelUnavailable", {
  ...common,
  reason: Schema.Literals(Object.keys(sentences) as ReadonlyArray<UnavailableReason>),
  /** The HTTP status, where there was one. */
  status: Schema.NullOr(Schema.Int),
  /** The provider's own words or what to do about it, short and without secrets; may be empty. */
  detail: Schema.String
}) {
  override get message() {
    const words = this.detail === "" ? "" : `: ${this.detail}`
    return `${this.model} ${sentences[this.reason]}${this.status === null ? "" : ` (status ${this.status})`}${words}`
  }
}

/** One fault of an answer: where, and what was expected there. Never what was found: that is the model's text. */
export const AnswerIssue = Schema.Struct({
  /** A JSON pointer (RFC 6901); empty for the whole answer. */
  pointer: Schema.String,
  expected: Schema.String
})

/** See the schema of the same name. */
export type AnswerIssue = typeof AnswerIssue.Type

/** The last answer allowed was still not what was asked for. */
export class ModelAnswerInvalid extends Schema.TaggedError<ModelAnswerInvalid>()("ModelAnswerInvalid", {
  ...common,
  /** SHA-256 of the last answer's text in hex: enough to find it again, and nothing of it in a log. */
  textSha256: Schema.String,
  issues: Schema.Array(AnswerIssue),
  attempts: Schema.Int
}) {
  override get message() {
    const [first] = this.issues
    const where =
      first === undefined ? "" : `: ${first.pointer === "" ? "the answer" : first.pointer} ${first.expected}`
    return `${this.model} gave no valid answer in ${this.attempts} attempts${where}`
  }
}

/** Everything that asking a model can fail with. */
export type ModelError = ModelRefused | ModelStoppedShort | ModelOverloaded | ModelUnavailable | ModelAnswerInvalid
