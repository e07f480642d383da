/** Reads what happened out of a delivery, in one form for GitHub and Gitea. Pure. */
import type { Delivery, Person, PullRequest } from "./events.ts"

/** What a review said. */
export type Opinion = "approved" | "changes_requested" | "commented"

/** What the plugin can make something of. */
export type Happening =
  | {
      readonly kind: "review"
      readonly opinion: Opinion
      readonly reviewer: Person | null
      readonly text: string
      readonly pull: PullRequest
    }
  | { readonly kind: "dismissal"; readonly reviewer: Person | null }
  | { readonly kind: "merge"; readonly merger: Person | null; readonly pull: PullRequest }
  | { readonly kind: "other"; readonly reason: string }

const other = (reason: string): Happening => ({ kind: "other", reason })

const opinions: ReadonlyMap<string, Opinion> = new Map([
  ["approved", "approved"],
  ["changes_requested", "changes_requested"],
  ["commented", "commented"]
])

// Gitea has an event for each opinion. Its header has the short name, its event type and `review.type` the long one. The short
// name of a review's comment is the type of a plain comment as well: only the action `reviewed` tells them apart.
const giteaOpinions: ReadonlyMap<string, Opinion> = new Map([
  ["pull_request_approved", "approved"],
  ["pull_request_review_approved", "approved"],
  ["pull_request_rejected", "changes_requested"],
  ["pull_request_review_rejected", "changes_requested"],
  ["pull_request_comment", "commented"],
  ["pull_request_review_comment", "commented"]
])

const readGitHubReview = ({ payload: { action, review, pull_request: pull } }: Delivery): Happening => {
  if (action === "dismissed") return { kind: "dismissal", reviewer: review?.user ?? null }
  if (action !== "submitted")
    return other(action === "edited" ? "an edited review is no new one" : "no review was submitted")
  const opinion = opinions.get((review?.state ?? "").toLowerCase())
  if (opinion === undefined || !pull) return other("the review says nothing that counts")
  return { kind: "review", opinion, reviewer: review?.user ?? null, text: review?.body ?? "", pull }
}

const readGiteaReview = (
  opinion: Opinion,
  { payload: { action, pull_request: pull, review, sender } }: Delivery
): Happening =>
  action === "reviewed" && review && pull
    ? { kind: "review", opinion, reviewer: sender ?? null, text: review.content ?? "", pull }
    : other("no review was submitted")

/** What a delivery tells of. `source` is the source type. */
export const readDelivery = (source: "github" | "gitea", delivery: Delivery): Happening => {
  const { event, payload } = delivery
  if (event === "pull_request") {
    const pull = payload.pull_request
    if (payload.action !== "closed" || !pull) return other("the pull request was not merged")
    if (pull.merged !== true) return other("the pull request was closed, not merged")
    return { kind: "merge", merger: pull.merged_by ?? null, pull }
  }
  if (source === "github")
    return event === "pull_request_review" ? readGitHubReview(delivery) : other("neither a review nor a merge")
  const opinion = giteaOpinions.get(event)
  return opinion === undefined ? other("neither a review nor a merge") : readGiteaReview(opinion, delivery)
}
