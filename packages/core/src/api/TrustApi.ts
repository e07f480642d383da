/** The tracker's routes about agents: who asked, what their keys did, and the owner's decisions. */
import { AgentId } from "@farmops/proof/FarmProof"
import { Schema } from "effect"
import { HttpApi, HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { AgentRecord } from "../farm/Enrolment.ts"
import { AgentTrust } from "../farm/trust/agentTrust.ts"
import { ProofPoint } from "../farm/trust/LedgerEvent.ts"
import { eventPageMax, StoredEvent } from "../farm/trust/readEvents.ts"
import { idempotencyHeaders, OnceByKey } from "./onceByKey.ts"
import { OwnerReads, RequireOwner } from "./ownerAccess.ts"
import { AgentConflict, AgentMissing, LedgerAway } from "./trackerProblems.ts"
import { anySize, wholeParameter } from "./wholeParameter.ts"

// Ours are UUIDs; anything longer is not looked up.
const ById = { id: Schema.String.check(Schema.isMaxLength(64)) }

const about = (summary: string) => OpenApi.annotations({ summary })

const Position = wholeParameter(0, anySize)
const EventLimit = wholeParameter(1, eventPageMax)

/**
 * Up to where to trust a revoked agent: a proof that the ledger holds, or null for nothing at all. Left out, with the whole
 * body or alone, it is everything that the ledger holds now.
 */
export const Revocation = Schema.Struct({ last_trusted: Schema.optionalKey(Schema.NullOr(ProofPoint)) })

/** What may be read of agents. */
export class TrustGroup extends HttpApiGroup.make("trust")
  .annotate(OpenApi.Description, "The agents and what their keys did.")
  .add(
    HttpApiEndpoint.get("agents", "/agents", {
      success: Schema.Struct({ agents: Schema.Array(AgentRecord) }),
      error: LedgerAway
    }).annotateMerge(about("Every agent that asked to be trusted"))
  )
  .add(
    HttpApiEndpoint.get("agentTrust", "/agents/:id/trust", {
      params: ById,
      success: AgentTrust,
      error: [AgentMissing, LedgerAway]
    }).annotateMerge(about("Every key that the agent had, and how much of its work is void"))
  )
  .add(
    HttpApiEndpoint.get("forks", "/agents/:id/forks", {
      params: ById,
      success: Schema.String.pipe(HttpApiSchema.asText({ contentType: "application/x-ndjson" })),
      error: [AgentMissing, LedgerAway]
    }).annotateMerge(about("Evidence that a key of the agent signed two records for one place, a line for each fork"))
  )
  .add(
    HttpApiEndpoint.get("ledgerEvents", "/ledger/events", {
      query: { limit: Schema.optional(EventLimit), cursor: Schema.optional(Position) },
      success: Schema.Struct({ events: Schema.Array(StoredEvent), next_cursor: Schema.NullOr(Schema.Int) }),
      error: LedgerAway
    }).annotateMerge(
      about("What the tracker itself put into the ledger, each as the line that its key signed, oldest first")
    )
  )
  .middleware(OwnerReads)
  .prefix("/api/v1") {}

/** What the owner decides. */
export class DecisionGroup extends HttpApiGroup.make("decisions")
  .annotate(OpenApi.Description, "The owner's decisions on agents.")
  .add(
    HttpApiEndpoint.post("approve", "/agents/:id/approve", {
      headers: idempotencyHeaders,
      params: ById,
      success: AgentRecord,
      error: [AgentMissing, AgentConflict, LedgerAway]
    }).annotateMerge(about("Let the agent add to the ledger, also one that was frozen for a fork"))
  )
  .add(
    HttpApiEndpoint.post("revoke", "/agents/:id/revoke", {
      headers: idempotencyHeaders,
      params: ById,
      payload: [Revocation, Schema.Undefined],
      success: AgentRecord,
      error: [AgentMissing, AgentConflict, LedgerAway]
    })
      // A misspelt field must not be taken for "all that was received".
      .annotate(HttpApi.PayloadParseOptions, { onExcessProperty: "error" })
      .annotateMerge(
        about("Take nothing more from the agent, for good, and void what came after the last trusted proof")
      )
  )
  // Before the routes whose answer is a secret: those are kept nowhere.
  .middleware(OnceByKey)
  .add(
    HttpApiEndpoint.post("issueKey", "/agents/:id/key", {
      params: ById,
      success: Schema.Struct({ agent_id: AgentId, api_key: Schema.String }),
      error: [AgentMissing, AgentConflict, LedgerAway]
    }).annotateMerge(about("A fresh API key for the agent, shown this once; the one before stays good until the next"))
  )
  .add(
    HttpApiEndpoint.delete("dropKeys", "/agents/:id/key", {
      params: ById,
      success: Schema.Struct({ agent_id: AgentId, dropped: Schema.Int }),
      error: [AgentMissing, LedgerAway]
    }).annotateMerge(about("Take every API key of the agent back"))
  )
  .middleware(RequireOwner)
  .prefix("/api/v1") {}
