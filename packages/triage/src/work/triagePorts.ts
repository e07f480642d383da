/** What the dispatch needs of its surroundings: who is asked about which repository, who makes words harmless, who proves a decision. */
import { Context, type Effect } from "effect"
import type { GitHubComment, GitHubIssue } from "../protocol/GitHubIssue.ts"
import type { Task } from "../protocol/Task.ts"
import type { StoreUnavailable } from "../StoreUnavailable.ts"
import type { TriageRules } from "../TriageRules.ts"
import type { TriageAgent } from "./TriageAgent.ts"

/** Which agent looks after a repository, and by which rules. */
export interface TriageRoute {
  readonly rules: TriageRules
  readonly agent: TriageAgent
  /** The model that the agent should ask, where it asks one. */
  readonly llm: Task["context"]["llm_backend"]
}

/** From a repository's name, as the configuration spells it, to its route. */
export class TriageRoutes extends Context.Service<TriageRoutes, ReadonlyMap<string, TriageRoute>>()(
  "@farmops/triage/TriageRoutes"
) {}

/** Stands between untrusted words and what is done with them. Pure functions: a port, since they have a module of their own. */
export class WordGuard extends Context.Service<
  WordGuard,
  {
    /** Whether the issue or a comment on it seems to address an agent. */
    readonly isSuspicious: (issue: GitHubIssue, comments: ReadonlyArray<GitHubComment>) => boolean
    /** A comment as it may be posted; null where nothing of it is left. */
    readonly posted: (body: string, linkHosts: ReadonlyArray<string>) => string | null
  }
>()("@farmops/triage/WordGuard") {}

/** Says of a decision that was recorded, with a signature, that it was made so. Saying it twice says it once. */
export class DecisionProver extends Context.Service<
  DecisionProver,
  { readonly prove: (taskId: string) => Effect.Effect<void, StoreUnavailable | ProofImpossible> }
>()("@farmops/triage/DecisionProver") {}

/** The decision cannot be proved now. It is kept, and proved when its task has its next turn. */
export interface ProofImpossible {
  readonly _tag: "ProofImpossible"
  readonly reason: string
}
