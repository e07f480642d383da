/**
 * Decides what a review or a merge is worth. A review counts once for each person and head commit, by somebody other than the
 * author; a merge by somebody else, or after somebody else's approval that this plugin saw. Pure.
 */
import { inconclusive, rejected, verified } from "@farmops/plugin-sdk/author/definePlugin"
import { fillTemplate } from "@farmops/plugin-sdk/author/fillTemplate"
import type { Complexity, Verdict } from "@farmops/plugin-sdk/contract/Verdict"
import { type Configuration, type Delivery, type Memory, type Person, type PullRequest, reviewsMax } from "./events.ts"
import { type Happening, type Opinion, readDelivery } from "./readDelivery.ts"

const reviewed: Readonly<Record<Opinion, string>> = {
  approved: "Approved a pull request",
  changes_requested: "Requested changes to a pull request",
  commented: "Reviewed a pull request with a comment"
}
const mergedOne = "Merged a pull request of {files} file (+{added} -{deleted} lines)"
const mergedMany = "Merged a pull request of {files} files (+{added} -{deleted} lines)"
// Older servers do not say how large it is.
const mergedPlain = "Merged a pull request"

/** Every description that a verdict may have. */
export const templates: ReadonlyArray<string> = [...Object.values(reviewed), mergedOne, mergedMany, mergedPlain]

const subcategoryOf: Readonly<Record<Opinion, string>> = {
  approved: "approval",
  changes_requested: "changes-requested",
  commented: "comment"
}

/** Every subcategory that a verdict may have. */
export const subcategories: ReadonlyArray<string> = [...Object.values(subcategoryOf), "merge"]

/** A verdict and what to remember from now on; null forgets. */
export interface Outcome {
  readonly verdict: Verdict
  readonly memory: Memory | null
}

const nothing: Memory = { reviews: [], approved_by: [], merged: false }

const isListed = (logins: ReadonlyArray<string>, { login }: Person): boolean =>
  typeof login === "string" && logins.some((one) => one.toLowerCase() === login.toLowerCase())

/** Whether the server, its way of naming them, or the operator says that this is a machine. */
export const isBot = (person: Person, { bots }: Configuration): boolean =>
  person.type === "Bot" || (person.login ?? "").endsWith("[bot]") || isListed(bots, person)

interface Size {
  readonly files: number
  readonly added: number
  readonly deleted: number
}

const sizeOf = ({ additions, changed_files, deletions }: PullRequest): Size | null =>
  typeof changed_files === "number" && typeof additions === "number" && typeof deletions === "number"
    ? { files: changed_files, added: additions, deleted: deletions }
    : null

// What reads long is hard. Where the server does not say how long it is, nothing is claimed.
const complexityOf = (size: Size | null): Complexity => {
  if (size === null) return "low"
  const lines = size.added + size.deleted
  if (size.files > 20 || lines > 600) return "high"
  return size.files > 5 || lines > 120 ? "medium" : "low"
}

// 1 for one file, 10 from 512 on: each step is a doubling.
const radiusOf = (size: Size | null): number =>
  size === null ? 1 : Math.min(10, 1 + Math.floor(Math.log2(Math.max(size.files, 1))))

const describeMerge = (size: Size | null): string => {
  if (size === null) return mergedPlain
  const { added, deleted, files } = size
  return fillTemplate(files === 1 ? mergedOne : mergedMany, { files, added, deleted })
}

const proofOf = (pull: PullRequest, who: Person, configuration: Configuration) => {
  const size = sizeOf(pull)
  return {
    action: "review",
    category: "maintenance",
    complexity: complexityOf(size),
    impactRadius: radiusOf(size),
    artifactsTouched: size?.files ?? 1,
    // Whoever is no machine here may still be one to the source, which knows the agent's own list.
    ...(isBot(who, configuration) && { actorType: "bot" as const })
  } as const
}

const without = (people: ReadonlyArray<number>, person: number): ReadonlyArray<number> =>
  people.filter((one) => one !== person)

// The proof is the sender's: nobody earns by what another did.
const isSender = (who: Person, { payload: { sender } }: Delivery): boolean => sender?.id === who.id

// A comment leaves an approval as it is, and a machine's lets nobody merge.
const approvalsAfter = (
  opinion: Opinion,
  reviewer: Person,
  { approved_by }: Memory,
  configuration: Configuration
): ReadonlyArray<number> => {
  if (opinion === "commented") return approved_by
  const others = without(approved_by, reviewer.id)
  return opinion === "approved" && !isBot(reviewer, configuration)
    ? [reviewer.id, ...others].slice(0, reviewsMax)
    : others
}

type Review = Extract<Happening, { kind: "review" }>

const refuseReview = (review: Review, who: Person, before: Memory, configuration: Configuration): string | null => {
  const { opinion, pull, text } = review
  const commit = pull.head?.sha ?? null
  if (pull.state !== "open") return "the pull request is not open"
  if (pull.draft === true) return "the pull request is a draft"
  if (commit === null || commit === "") return "the pull request names no commit"
  if (opinion === "commented" && text.trim().length < configuration.comment_characters)
    return "the comment says too little"
  const own = before.reviews.filter(({ person }) => person === who.id)
  if (own.some((one) => one.commit === commit)) return "a review of this commit by this person has counted"
  if (own.length >= configuration.reviews_per_person) return "enough reviews of this person have counted"
  return before.reviews.length >= reviewsMax ? "enough reviews of this pull request have counted" : null
}

const verifyReview = (review: Review, delivery: Delivery, before: Memory, configuration: Configuration): Outcome => {
  const { opinion, pull, reviewer } = review
  const author = pull.user ?? null
  if (reviewer === null || author === null) {
    return { verdict: inconclusive("the delivery does not name the author and the reviewer"), memory: before }
  }
  if (!isSender(reviewer, delivery)) return { verdict: rejected("somebody else sent this review"), memory: before }
  if (reviewer.id === author.id) return { verdict: rejected("a review of one's own work"), memory: before }
  const seen = { ...before, approved_by: approvalsAfter(opinion, reviewer, before, configuration) }
  if (configuration.people.length > 0 && !isListed(configuration.people, reviewer)) {
    return { verdict: rejected("not by a person whose work counts"), memory: seen }
  }
  const reason = refuseReview(review, reviewer, before, configuration)
  if (reason !== null) return { verdict: rejected(reason), memory: seen }
  const commit = pull.head?.sha ?? ""
  const verdict = verified({
    ...proofOf(pull, reviewer, configuration),
    subcategory: subcategoryOf[opinion],
    description: reviewed[opinion],
    evidence: { kind: "review", opinion, commit, reviewer: reviewer.id, author: author.id }
  })
  return { verdict, memory: { ...seen, reviews: [...before.reviews, { person: reviewer.id, commit }] } }
}

type Merge = Extract<Happening, { kind: "merge" }>

const verifyMerge = (
  { merger, pull }: Merge,
  delivery: Delivery,
  before: Memory,
  configuration: Configuration
): Outcome => {
  const author = pull.user ?? null
  const refuse = (reason: string): Outcome => ({ verdict: rejected(reason), memory: before })
  if (merger === null || author === null) {
    return { verdict: inconclusive("the delivery does not name the author and who merged"), memory: before }
  }
  if (!isSender(merger, delivery)) return refuse("somebody else sent this merge")
  if (before.merged) return refuse("the merge of this pull request has counted")
  if (configuration.people.length > 0 && !isListed(configuration.people, merger)) {
    return refuse("not by a person whose work counts")
  }
  if (merger.id === author.id && without(before.approved_by, author.id).length === 0) {
    return refuse("merged by its author without an approval that was seen")
  }
  const verdict = verified({
    ...proofOf(pull, merger, configuration),
    subcategory: "merge",
    description: describeMerge(sizeOf(pull)),
    evidence: { kind: "merge", commit: pull.head?.sha ?? null, merger: merger.id, author: author.id, ...sizeOf(pull) }
  })
  return { verdict, memory: { ...before, merged: true } }
}

const keep = (memory: Memory): Memory | null =>
  memory.reviews.length === 0 && memory.approved_by.length === 0 && !memory.merged ? null : memory

/** The verdict over one delivery. */
export const verifyDelivery = (
  source: "github" | "gitea",
  delivery: Delivery,
  memory: Memory | null,
  configuration: Configuration
): Outcome => {
  const before = memory ?? nothing
  const happening = readDelivery(source, delivery)
  const outcomeOf = (): Outcome => {
    switch (happening.kind) {
      case "review":
        return verifyReview(happening, delivery, before, configuration)
      case "merge":
        return verifyMerge(happening, delivery, before, configuration)
      case "dismissal": {
        const approved_by = without(before.approved_by, happening.reviewer?.id ?? Number.NaN)
        return { verdict: rejected("a review was dismissed"), memory: { ...before, approved_by } }
      }
      case "other":
        return { verdict: rejected(happening.reason), memory: before }
    }
  }
  const outcome = outcomeOf()
  return { verdict: outcome.verdict, memory: outcome.memory === null ? null : keep(outcome.memory) }
}
