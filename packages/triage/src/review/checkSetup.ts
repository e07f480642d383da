/** Whether GitHub lets the harness do what its file says: one finding for each thing that could stand in the way, each with its cure. */
import { Effect } from "effect"
import type { ReadFault } from "../GitHubErrors.ts"
import { GitHubReads, type RepositoryFacts, type Viewer } from "../GitHubReads.ts"
import { sameName, type TriageRules } from "../TriageRules.ts"

/** `warn` is worth a look and stands in the way of nothing. */
export interface Finding {
  readonly level: "ok" | "warn" | "fail"
  readonly what: string
  /** What to do about it; null where nothing is to be done. */
  readonly cure: string | null
}

/** Everything is as it must be. */
export const fine = (what: string): Finding => ({ level: "ok", what, cure: null })

const warn = (what: string, cure: string): Finding => ({ level: "warn", what, cure })
const fail = (what: string, cure: string): Finding => ({ level: "fail", what, cure })

/** A classic token may write issues with one of these. Fine-grained ones name no scopes. */
const scopesThatDo = ["repo", "public_repo"]

const ofViewer = ({ login, scopes }: Viewer, botUser: string): ReadonlyArray<Finding> => [
  sameName(login, botUser)
    ? fine(`the token is ${login}'s`)
    : fail(
        `the token is ${login}'s and not ${botUser}'s`,
        "set identity.github_user to the token's account, or use the bot's token"
      ),
  scopes === null || scopes.some((scope) => scopesThatDo.includes(scope))
    ? fine(
        scopes === null ? "a fine-grained token: each repository says what it may do" : `scopes ${scopes.join(", ")}`
      )
    : fail("the token may not write issues", "give it the scope public_repo, or repo for private repositories")
]

const ofRepository = (facts: RepositoryFacts, rules: TriageRules): ReadonlyArray<Finding> => {
  const { repo } = rules
  const acts = Object.values(rules.modes).some((mode) => mode === "live" || mode === "propose")
  return [
    ...(facts.archived ? [fail(`${repo} is archived`, "take it out of repos, or unarchive it")] : []),
    ...(facts.hasIssues
      ? []
      : [fail(`${repo} has issues switched off`, "switch them on in the repository's settings")]),
    facts.mayTriage
      ? fine(`${repo} can be triaged`)
      : (acts ? fail : warn)(`${repo} can be read and not triaged`, `give the bot's account the role Triage in ${repo}`)
  ]
}

const ofLabels = (existing: ReadonlyArray<string>, rules: TriageRules): ReadonlyArray<Finding> => {
  const wanted = [...Object.keys(rules.labels), ...(rules.escalateLabel === null ? [] : [rules.escalateLabel])]
  const missing = wanted.filter((label) => !existing.some((other) => sameName(label, other)))
  if (wanted.length === 0)
    return [warn(`${rules.repo} has no labels configured`, "name some under labels, each with its words")]
  return missing.length === 0
    ? [fine(`${wanted.length} labels of ${rules.repo} are there`)]
    : [
        warn(
          `${rules.repo} lacks ${missing.join(", ")}`,
          "make them on GitHub: the harness makes no label and uses none that is not there"
        )
      ]
}

const cures: Readonly<Record<ReadFault["_tag"], string>> = {
  GitHubTokenRefused: "make a new token and set it",
  GitHubRefused: "check the repository's name, and that the bot's account may see it",
  GitHubRateLimited: "wait",
  GitHubUnreachable: "check the network, a proxy, and identity.api_url",
  CallNotAllowed: "this is a fault of ours: report it"
}

const failed = (what: string) => (fault: ReadFault) =>
  Effect.succeed([fail(`${what}: ${fault.message}`, cures[fault._tag])])

/** Asks GitHub, a few reads for each repository. Never fails: what went wrong is a finding. */
export const checkGitHub = Effect.fn("checkGitHub")(function* (all: ReadonlyArray<TriageRules>) {
  const reads = yield* GitHubReads
  const botUser = all[0]?.botUser ?? ""
  const findings: Array<Finding> = []
  const token = yield* Effect.catch(
    Effect.map(reads.viewer, (viewer) => ofViewer(viewer, botUser)),
    failed("the token")
  )
  findings.push(...token)
  // Without a token that GitHub takes, every repository would only say so again.
  if (token.some(({ what }) => what.startsWith("the token:"))) return findings
  for (const rules of all) {
    const repository = Effect.gen(function* () {
      const facts = ofRepository(yield* reads.repository(rules.repo), rules)
      return [...facts, ...ofLabels(yield* reads.listLabels(rules.repo), rules)]
    })
    findings.push(...(yield* Effect.catch(repository, failed(rules.repo))))
  }
  return findings
})
