/** Why an agent is not trusted, or a decision about one cannot be carried out. */
import { Schema } from "effect"

/** The agent never enrolled. */
export class AgentUnknown extends Schema.TaggedError<AgentUnknown>()("AgentUnknown", { agentId: Schema.String }) {}

/** The owner has not decided yet: the same request may succeed later. */
export class AgentPending extends Schema.TaggedError<AgentPending>()("AgentPending", { agentId: Schema.String }) {}

/** The owner withdrew the trust. It is not given again: enrol a new agent. */
export class AgentRevoked extends Schema.TaggedError<AgentRevoked>()("AgentRevoked", { agentId: Schema.String }) {}

/**
 * The agent is enrolled with another key or another recovery key, or the key is or was another agent's. What came first
 * stays.
 */
export class AgentKeyMismatch extends Schema.TaggedError<AgentKeyMismatch>()("AgentKeyMismatch", {
  agentId: Schema.String
}) {}

/** The request does not show that its sender holds the key now. */
export class PossessionUnproved extends Schema.TaggedError<PossessionUnproved>()("PossessionUnproved", {
  reason: Schema.Literals(["bad_signature", "stale"])
}) {}

/** Too many agents wait for a decision; the owner has to decide on some first. */
export class EnrolmentsFull extends Schema.TaggedError<EnrolmentsFull>()("EnrolmentsFull", {
  waitingMax: Schema.Int
}) {}

/** The ledger holds no such proof in the agent's chain, so nothing was revoked: it cannot be the last one to trust. */
export class LastTrustedUnknown extends Schema.TaggedError<LastTrustedUnknown>()("LastTrustedUnknown", {
  agentId: Schema.String
}) {}

/** The agent was revoked from an earlier point. Trust that was withdrawn is not given back. */
export class TrustWithdrawn extends Schema.TaggedError<TrustWithdrawn>()("TrustWithdrawn", {
  agentId: Schema.String
}) {}
