/** What went wrong in a command of the harness, as one line with an exit code. */
import { exitCodes } from "@farmops/core/host/exitCodes"
import { Effect } from "effect"
import { CommandFailed } from "./CommandFailed.ts"

interface Kind {
  readonly code: string
  readonly exitCode: number
  readonly cure?: string
}

const away: Kind = { code: "github_unreachable", exitCode: exitCodes.unavailable, cure: "Try again later." }

/** By the error's tag. */
const kinds = {
  IssuesUnreadable: { code: "issues_unreadable", exitCode: exitCodes.io },
  TooFewIssues: {
    code: "too_few_issues",
    exitCode: exitCodes.dataInvalid,
    cure: "Label more of them, or let the words of the configuration decide: mind: keyword"
  },
  ClassifierUnreadable: { code: "classifier_unreadable", exitCode: exitCodes.io },
  MindUnconfigured: { code: "mind_unconfigured", exitCode: exitCodes.config },
  ModelUnavailable: { code: "model_unavailable", exitCode: exitCodes.unavailable },
  AgentUnavailable: { code: "mind_unavailable", exitCode: exitCodes.unavailable },
  AgentAnswerInvalid: { code: "mind_refused", exitCode: exitCodes.unavailable },
  StoreUnavailable: { code: "store_unavailable", exitCode: exitCodes.io },
  GitHubRateLimited: { code: "github_rate_limited", exitCode: exitCodes.unavailable },
  GitHubTokenRefused: { code: "github_token_refused", exitCode: exitCodes.noPermission },
  GitHubRefused: { code: "github_refused", exitCode: exitCodes.noPermission },
  GitHubUnreachable: away,
  CallNotAllowed: { code: "call_not_allowed", exitCode: exitCodes.config }
} satisfies Readonly<Record<string, Kind>>

/** The tags that {@link orCommandFailed} knows. */
export type KnownTag = keyof typeof kinds

interface Known {
  readonly _tag: KnownTag
  readonly message: string
}

const isKnown = (error: unknown): error is Known =>
  typeof error === "object" && error !== null && "_tag" in error && Object.hasOwn(kinds, String(error._tag))

const sentence = (text: string) => (/[.!?]$/.test(text) ? text : `${text}.`)

const failedBy = ({ _tag, message }: Known): CommandFailed => {
  const { code, cure, exitCode }: Kind = kinds[_tag]
  return new CommandFailed({ code, detail: sentence(message), cure: cure ?? null, exitCode })
}

/** Gives every error of the harness's parts its line and its exit code; what else there is stays what it is. */
export const orCommandFailed = <A, E, R>(
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, Exclude<E, { readonly _tag: KnownTag }> | CommandFailed, R> =>
  Effect.mapError(effect, (error) =>
    // The known ones have just been excluded.
    isKnown(error) ? failedBy(error) : (error as Exclude<E, { readonly _tag: KnownTag }>)
  )
