/** What can go wrong on the way to GitHub and back, to be met once by the next request that fits. */

/** A fault. `before` means that GitHub never saw the request, `after` that it did what was asked. */
export type Fault =
  | { readonly kind: "reset_before" }
  /** The reply is dropped: the connection breaks after GitHub did it. */
  | { readonly kind: "reset_after" }
  | { readonly kind: "cut_after" }
  | { readonly kind: "silent_after" }
  | { readonly kind: "bad_gateway_before" }
  | { readonly kind: "bad_gateway_after" }
  | { readonly kind: "retry_after"; readonly status: 403 | 429; readonly seconds: number }
  | { readonly kind: "secondary_limit" }
  | { readonly kind: "primary_limit"; readonly resetInSeconds: number }
  | { readonly kind: "moved" }
  | { readonly kind: "answer"; readonly status: number; readonly body: unknown }

/** Which requests meet a fault. */
export interface Planned {
  readonly fault: Fault
  readonly method: string
  readonly path: RegExp
  times: number
}

/** An answer that the proxy gives of its own. */
export interface OwnAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
}

const documentation = "https://docs.github.com/rest"

/** GitHub's form of an error. */
export const problem = (
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {}
): OwnAnswer => ({
  status,
  headers,
  body: { message, documentation_url: documentation, status: String(status) }
})

/** What is answered in GitHub's stead before it is asked; null where the request goes on. */
export const ownAnswer = (fault: Fault): OwnAnswer | null => {
  switch (fault.kind) {
    case "bad_gateway_before":
      return problem(502, "Server Error")
    case "retry_after":
      return problem(fault.status, "You have exceeded a secondary rate limit", { "retry-after": String(fault.seconds) })
    case "secondary_limit":
      return problem(403, "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.")
    case "primary_limit":
      return problem(403, "API rate limit exceeded for user ID 1.", {
        "x-ratelimit-limit": "5000",
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": String(Math.floor(Date.now() / 1000) + fault.resetInSeconds)
      })
    case "moved":
      return { ...problem(301, "Moved Permanently"), headers: { location: "http://127.0.0.1:9/repositories/1" } }
    case "answer":
      return { status: fault.status, headers: {}, body: fault.body }
    default:
      return null
  }
}
