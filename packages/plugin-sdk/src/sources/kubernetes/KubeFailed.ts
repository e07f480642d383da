/** Why an API server could not be asked, as a closed list of words: nothing of a server's own text gets further than this. */
import { Schema } from "effect"

/** Each is also the `code` of a source that is degraded by it. */
export const kubeFailures = [
  "unreachable",
  "no_credentials",
  "unauthorized",
  "forbidden",
  "not_found",
  "gone",
  "throttled",
  "too_large",
  "server_error",
  "unexpected"
] as const

/** One of {@link kubeFailures}. */
export type KubeFailure = (typeof kubeFailures)[number]

/** The request brought nothing usable. Every one of them may pass: the reflector tries again at the pace that suits it. */
export class KubeFailed extends Schema.TaggedError<KubeFailed>()("KubeFailed", {
  code: Schema.Literals(kubeFailures),
  /** What the server asked for; null where it said nothing. */
  retryAfterSeconds: Schema.NullOr(Schema.Int)
}) {
  override get message() {
    return `the API server cannot be used now: ${this.code}`
  }
}

/** A failure that says no more than its code. */
export const kubeFailed = (code: KubeFailure, retryAfterSeconds: number | null = null): KubeFailed =>
  new KubeFailed({ code, retryAfterSeconds })

/** What an HTTP status of the API server means. */
export const failureOfStatus = (status: number): KubeFailure => {
  if (status === 401) return "unauthorized"
  if (status === 403) return "forbidden"
  if (status === 404) return "not_found"
  if (status === 410) return "gone"
  if (status === 429) return "throttled"
  return status >= 500 ? "server_error" : "unexpected"
}
