/** Everything that the client may ever ask of GitHub. What is not here is refused before it is sent. Pure. */

/** Calls that change nothing, as method and path template. */
export const readRoutes = [
  "GET /user",
  "GET /repos/{owner}/{repo}",
  "GET /repos/{owner}/{repo}/issues",
  "GET /repos/{owner}/{repo}/issues/{issue_number}",
  "GET /repos/{owner}/{repo}/issues/{issue_number}/comments",
  "GET /repos/{owner}/{repo}/issues/{issue_number}/events",
  "GET /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions",
  "GET /repos/{owner}/{repo}/labels",
  "GET /repos/{owner}/{repo}/labels/{name}",
  "GET /repos/{owner}/{repo}/collaborators/{username}/permission"
] as const

/** Calls that change an issue. None makes a label, touches code, or names another issue than its own. */
export const writeRoutes = [
  "POST /repos/{owner}/{repo}/issues/{issue_number}/comments",
  "DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}",
  "POST /repos/{owner}/{repo}/issues/{issue_number}/labels",
  "DELETE /repos/{owner}/{repo}/issues/{issue_number}/labels/{name}",
  "PATCH /repos/{owner}/{repo}/issues/{issue_number}"
] as const

/** A read of the list. */
export type ReadRoute = (typeof readRoutes)[number]

/** A write of the list. */
export type WriteRoute = (typeof writeRoutes)[number]

/** The only keys that may be patched: never a title, a body, an assignee or a milestone. */
const patchKeys: ReadonlySet<string> = new Set(["state", "state_reason"])

/** A call as the client is about to make it. */
export interface Call {
  readonly method: string
  /** The path template, with its slots unfilled. */
  readonly url: string
  readonly parameters: Readonly<Record<string, unknown>>
}

const routes: ReadonlySet<string> = new Set<string>([...readRoutes, ...writeRoutes])
const slots = new Set(["owner", "repo", "issue_number"])

const isPlainPatch = (parameters: Call["parameters"]): boolean =>
  Object.keys(parameters).every((key) => slots.has(key) || patchKeys.has(key))

/** Whether a call may be sent: its route is on the list, its repository is one of those configured, and a patch is a close or a reopening. */
export const isAllowed = (call: Call, repositories: ReadonlySet<string>): boolean => {
  const route = `${call.method} ${call.url}`
  if (!routes.has(route)) return false
  if (call.method === "PATCH" && !isPlainPatch(call.parameters)) return false
  if (route === "GET /user") return true
  const { owner, repo } = call.parameters
  return typeof owner === "string" && typeof repo === "string" && repositories.has(`${owner}/${repo}`.toLowerCase())
}
