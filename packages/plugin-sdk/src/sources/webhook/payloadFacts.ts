/** Reads who, when and about what out of a payload of GitHub or Gitea. Pure, and at ease with any JSON: it may all be missing. */
import { opaqueId } from "../opaqueId.ts"

/** A JSON object, nothing of which has been looked at. */
type Json = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value)

const at = (value: unknown, ...path: ReadonlyArray<string>): unknown =>
  path.reduce<unknown>((now, key) => (isObject(now) && Object.hasOwn(now, key) ? now[key] : undefined), value)

const textAt = (value: unknown, ...path: ReadonlyArray<string>): string | null => {
  const found = at(value, ...path)
  if (typeof found === "number") return String(found)
  return typeof found === "string" && found !== "" ? found : null
}

// The same number means another repository on another server.
const hostOf = (payload: unknown): string => {
  for (const where of ["repository", "organization", "sender"]) {
    const url = textAt(payload, where, "html_url") ?? textAt(payload, where, "url")
    if (url !== null && URL.canParse(url)) return new URL(url).host.replace(/^api\./, "")
  }
  return ""
}

/** Whoever the sender says did it. A payload without one is the sender's own doing. */
export const actorOf = (
  payload: unknown,
  bots: ReadonlyArray<string>
): { readonly identifier: string; readonly type: "human" | "bot" | "system" } => {
  const login = textAt(payload, "sender", "login") ?? textAt(payload, "sender", "username")
  const host = hostOf(payload)
  if (login === null) return { identifier: `unknown@${host}`, type: "system" }
  const listed = bots.some((bot) => bot.trim().toLowerCase() === login.toLowerCase())
  const isBot = at(payload, "sender", "type") === "Bot" || login.endsWith("[bot]") || listed
  return { identifier: `${login}@${host}`.toLowerCase(), type: isBot ? "bot" : "human" }
}

/** A pull request, or a workflow on a branch: what one delivery and the next may both be about. */
export const subjectOf = (event: string, payload: unknown): string | null => {
  const repository = textAt(payload, "repository", "id")
  if (repository === null) return null
  const subject = (...parts: ReadonlyArray<string>) =>
    opaqueId("farmops/webhook subject", hostOf(payload), repository, ...parts)
  // A comment on a pull request comes as one on an issue of the same number.
  const commented = isObject(at(payload, "issue", "pull_request")) ? textAt(payload, "issue", "number") : null
  const number = textAt(payload, "pull_request", "number") ?? commented
  if (number !== null) return subject("pull", number)
  if (event !== "workflow_run") return null
  const workflow = textAt(payload, "workflow_run", "workflow_id") ?? textAt(payload, "workflow_run", "path")
  return workflow === null ? null : subject("run", workflow, textAt(payload, "workflow_run", "head_branch") ?? "")
}

// The part of a payload that an event is about, most telling first.
const parts = [
  ...["comment", "pull_request", "workflow_run", "workflow_job", "check_run", "check_suite", "deployment_status"],
  ...["deployment", "release", "discussion", "issue", "alert", "head_commit"]
]
const times = [
  ...["updated_at", "completed_at", "merged_at", "closed_at", "submitted_at", "published_at", "created_at", "timestamp"]
]

const latestIn = (part: unknown): number | null => {
  const found = times.flatMap((key) => {
    const ms = Date.parse(textAt(part, key) ?? "")
    return Number.isFinite(ms) ? [ms] : []
  })
  return found.length === 0 ? null : Math.max(...found)
}

/** When it happened by the sender's clock, in milliseconds; null where the payload does not say. */
export const timeOf = (payload: unknown): number | null => {
  // A review knows when it was handed in, and not when it was edited or dismissed.
  const submitted = at(payload, "action") === "submitted" ? latestIn(at(payload, "review")) : null
  if (submitted !== null) return submitted
  for (const part of parts) {
    const found = latestIn(at(payload, part))
    if (found !== null) return found
  }
  return null
}
