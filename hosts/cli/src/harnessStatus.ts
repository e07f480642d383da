/** `farmops harness status`: what waits, what may still be done, what it cost, and what needs a person. */
import { NodeServices } from "@effect/platform-node"
import { layerReads } from "@farmops/harness/layer"
import { GitHubReads, type RateBudget } from "@farmops/triage/GitHubReads"
import { type HarnessStatus, readStatus } from "@farmops/triage/review/status"
import { Effect } from "effect"
import { drawTable } from "./drawTable.ts"
import { orCommandFailed } from "./harnessFailure.ts"
import { type HarnessPlace, layerMemory, loadHarnessFile, routedRepositories } from "./harnessPlace.ts"
import { Printer } from "./Printer.ts"

const usd = (microUsd: number): string => `$${(microUsd / 1_000_000).toFixed(2)}`

const ofCap = ({ cap, done }: { readonly done: number; readonly cap: number | null }): string =>
  cap === null ? String(done) : `${done} of ${cap}`

const actionText = ({ action }: HarnessStatus["proposals"][number]): string => {
  if ("label" in action) return `${action.type} ${action.label}`
  return action.type === "comment"
    ? `comment: ${action.body.slice(0, 60).replaceAll("\n", " ")}`
    : `close as ${action.reason}`
}

const limitText = (budget: RateBudget | null): string =>
  budget === null
    ? "not known"
    : `${budget.remaining} of ${budget.limit} left until ${budget.resetAt.slice(11, 16)} UTC`

const queueText = ({ queue }: HarnessStatus): string =>
  queue.length === 0 ? "empty" : queue.map(({ count, state }) => `${count} ${state}`).join(", ")

const linesOf = (status: HarnessStatus, budget: RateBudget | null, columns: number): ReadonlyArray<string> => {
  const { batches, day, escalations, failed, hour, proposals, repositories, spent } = status
  const cap = spent.cap_micro_usd === null ? "" : ` of ${usd(spent.cap_micro_usd)}`
  const table = (title: string, head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string | number>>) =>
    rows.length === 0 ? [] : ["", title, drawTable(head, rows, columns)]
  return [
    `queue    ${queueText(status)}`,
    `actions  ${ofCap(hour)} this hour, ${ofCap(day)} in 24 hours`,
    `models   ${usd(spent.micro_usd)}${cap} today, ${spent.calls} questions`,
    `GitHub   ${limitText(budget)}`,
    ...table(
      "Repositories",
      ["REPOSITORY", "LABEL", "COMMENT", "CLOSE", "HOUR", "DAY", "CLOSED", "FOLLOWED TO"],
      repositories.map((one) => [
        one.dry_run ? `${one.repo} (dry run)` : one.repo,
        one.modes.add_label,
        one.modes.comment,
        one.modes.close,
        ofCap(one.hour),
        ofCap(one.day),
        ofCap(one.closes),
        one.followed_to ?? "not yet"
      ])
    ),
    ...table(
      "Wait for your yes: farmops harness approve KEY",
      ["KEY", "ISSUE", "ACTION"],
      proposals.map((one) => [one.key, `${one.repo}#${one.issue}`, actionText(one)])
    ),
    ...table(
      "Handed to a person",
      ["ISSUE", "SINCE"],
      escalations.map(({ at, issue, repo }) => [`${repo}#${issue}`, at])
    ),
    ...table(
      "No agent answered",
      ["ISSUE", "SINCE"],
      failed.map(({ at, issue, repo }) => [`${repo}#${issue}`, at])
    ),
    ...table(
      "Batches: farmops harness undo --batch NAME",
      ["BATCH", "DECISIONS", "DONE", "UNDONE"],
      batches.slice(0, 5).map((one) => [one.batch, one.decisions, one.done, one.undone])
    )
  ]
}

/** The limit as GitHub says it in any answer; a GitHub that is away is no reason to show nothing. */
const readBudget = Effect.gen(function* () {
  const reads = yield* GitHubReads
  yield* Effect.ignore(reads.viewer)
  return yield* reads.budget
})

/** Runs the command. Reads only. */
export const harnessStatus = Effect.fn("harnessStatus")(
  function* (options: HarnessPlace) {
    const printer = yield* Printer
    const file = yield* loadHarnessFile(options)
    const rules = routedRepositories(file).map((one) => one.rules)
    const status = yield* Effect.provide(readStatus(rules), layerMemory(file))
    const budget = yield* Effect.provide(readBudget, layerReads(file))
    if (printer.json) return yield* printer.data({ ...status, github_limit: budget })
    for (const line of linesOf(status, budget, printer.columns)) yield* printer.line(line)
  },
  orCommandFailed,
  Effect.provide(NodeServices.layer)
)
