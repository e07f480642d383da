/** What can go wrong between us and GitHub, told apart by what a caller may do next. None carries a body, a header or a token. */
import { Schema } from "effect"

/** The method and path template of a call, as `POST /repos/{owner}/{repo}/issues/{issue_number}/comments`. */
const Route = Schema.String

/** GitHub asks for a pause. Nothing was done; nothing is sent before `retryAfterMs` are over. */
export class GitHubRateLimited extends Schema.TaggedError<GitHubRateLimited>()("GitHubRateLimited", {
  route: Route,
  kind: Schema.Literals(["primary", "secondary"]),
  retryAfterMs: Schema.Int
}) {
  override get message() {
    return `GitHub's ${this.kind} rate limit is reached; the next call may be made in ${Math.ceil(this.retryAfterMs / 1000)} s`
  }
}

/** GitHub does not take the token (401). Nothing was done; a person has to renew it. */
export class GitHubTokenRefused extends Schema.TaggedError<GitHubTokenRefused>()("GitHubTokenRefused", {
  route: Route
}) {
  override get message() {
    return "GitHub does not take the token: it is wrong, expired or revoked; set a valid one"
  }
}

/** A definite no (another 3xx or 4xx). Nothing was done, and the same call will be refused again. */
export class GitHubRefused extends Schema.TaggedError<GitHubRefused>()("GitHubRefused", {
  route: Route,
  status: Schema.Int,
  /** GitHub's own sentence, cut and without control characters. */
  detail: Schema.String
}) {
  override get message() {
    return `GitHub refused ${this.route} with ${this.status}: ${this.detail}`
  }
}

/** A write went out and no clear answer came: it may have happened. Read back before it is made again. */
export class OutcomeUnknown extends Schema.TaggedError<OutcomeUnknown>()("OutcomeUnknown", {
  route: Route,
  reason: Schema.Literals(["server_error", "no_answer", "timed_out", "unreadable"])
}) {
  override get message() {
    return `it is not known whether GitHub did ${this.route} (${this.reason})`
  }
}

/** A read did not succeed, after its retries. Nothing was changed. */
export class GitHubUnreachable extends Schema.TaggedError<GitHubUnreachable>()("GitHubUnreachable", {
  route: Route,
  reason: Schema.Literals(["server_error", "no_answer", "timed_out", "unreadable"])
}) {
  override get message() {
    return `GitHub gave no usable answer to ${this.route} (${this.reason})`
  }
}

/** The call is not on the list of what this client may do. Nothing was sent; this is a fault of ours or of the configuration. */
export class CallNotAllowed extends Schema.TaggedError<CallNotAllowed>()("CallNotAllowed", {
  route: Route,
  repository: Schema.String
}) {
  override get message() {
    return `the harness may not call ${this.route} on ${this.repository === "" ? "no repository" : this.repository}`
  }
}

/** More writes wait than are allowed to. Nothing was sent; ask again later. */
export class WriteQueueFull extends Schema.TaggedError<WriteQueueFull>()("WriteQueueFull", { waiting: Schema.Int }) {
  override get message() {
    return `${this.waiting} writes to GitHub wait already`
  }
}

/** Why a read gave nothing. */
export type ReadFault = GitHubRateLimited | GitHubTokenRefused | GitHubRefused | GitHubUnreachable | CallNotAllowed

/** Why a write is not known to have happened; only {@link OutcomeUnknown} may have. */
export type WriteFault = GitHubRateLimited | GitHubTokenRefused | GitHubRefused | OutcomeUnknown | CallNotAllowed
