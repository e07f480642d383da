/** The problems that many of the tracker's routes answer with. */
import { Effect } from "effect"
import type { LedgerUnavailable } from "../farm/LedgerUnavailable.ts"
import { AgentMissing, LedgerAway } from "./trackerProblems.ts"

/** The database cannot answer now. */
export const away = () => Effect.fail(new LedgerAway({ code: "ledger_unavailable" }))

/** For what can fail in no other way. */
export const orAway = <A, R>(effect: Effect.Effect<A, LedgerUnavailable, R>) =>
  Effect.catchTag(effect, "LedgerUnavailable", away)

/** No agent has this id. */
export const agentMissing = () => Effect.fail(new AgentMissing({ code: "agent_not_found" }))
