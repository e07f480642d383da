/** The tracker's HTTP API as one definition: server, OpenAPI document and typed clients all come from it. */
import { AgentId, ProofHash, ProofId, ProofTimestamp } from "@farmops/proof/FarmProof"
import { categories } from "@farmops/proof/vocabulary"
import { Schema } from "effect"
import { HttpApi, HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { EnrolmentAnswer, EnrolmentRequest } from "../farm/Enrolment.ts"
import { FarmSnapshot } from "../farm/FarmSnapshot.ts"
import { FarmState } from "../farm/FarmState.ts"
import { ScoredProof } from "../farm/Ledger.ts"
import { DailyRow } from "../farm/listing/dailySeries.ts"
import { BoardEntry, JoinedVillage } from "../farm/Villages.ts"
import { ForAgents } from "./AgentDoor.ts"
import { AuditGroup } from "./AuditApi.ts"
import { BadgeGroup } from "./BadgeApi.ts"
import { ChronicleGroup } from "./ChronicleApi.ts"
import { MomentInvalid, MomentMovedAway, TooManyAsk } from "./historyAnswers.ts"
import { RequestForm } from "./InvalidRequest.ts"
import { KeyDecisionGroup, KeyGroup } from "./KeyApi.ts"
import { LiveGroup, LiveTicketGroup } from "./LiveApi.ts"
import { idempotencyHeaders, OnceByKey } from "./onceByKey.ts"
import { OwnerReads, RequireOwner } from "./ownerAccess.ts"
import { Board, dailyQuery, proofListQuery } from "./proofListQuery.ts"
import { RulesDecisionGroup, RulesGroup } from "./RulesApi.ts"
import { OpenToAll } from "./routeRoles.ts"
import { SeasonDecisionGroup, SeasonGroup } from "./SeasonApi.ts"
import { ShopDecisionGroup, ShopGroup } from "./ShopApi.ts"
import { TimeZoneDecisionGroup, TimeZoneGroup } from "./TimeZoneApi.ts"
import { DecisionGroup, TrustGroup } from "./TrustApi.ts"
import {
  AgentConflict,
  AgentMissing,
  AgentUnauthenticated,
  CheckpointMissing,
  EnrolmentForbidden,
  LedgerAway,
  LedgerDiffers,
  ProofConflict,
  ProofForbidden,
  ProofInvalid,
  ProofMissing,
  ProofMovedAway,
  SpanInvalid,
  TooManyWatchers,
  VillageRefused
} from "./trackerProblems.ts"
import { anySize, wholeParameter } from "./wholeParameter.ts"

const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))

// Ours are UUIDs; anything longer is not looked up.
const Id = Schema.String.check(Schema.isMaxLength(64))
const ById = { id: Id }

const about = (summary: string) => OpenApi.annotations({ summary })

const held = { proof_id: ProofId, sequence: Count, hash: ProofHash, coins: Count }

/** What `POST /proofs` answers with 201: the proof is on disk and was paid. */
export const TakenAnswer = Schema.Struct({ ...held, already: Schema.Literal(false) })

/** What it answers with 200: the ledger held this very proof before; `coins` are what it was paid then. */
export const HeldAnswer = Schema.Struct({ ...held, already: Schema.Literal(true) })

/** What it answers with 202: the proof is on disk, and is scored once the owner approves its agent. */
export const SetAsideAnswer = Schema.Struct({
  proof_id: ProofId,
  sequence: Count,
  hash: ProofHash,
  pending: Schema.Literal(true),
  already: Schema.Boolean
})

const Size = wholeParameter(1, anySize)

const plainText = "text/plain; charset=utf-8"

// The agent's signature is the credential. Beyond loopback the door asks for its API key or certificate too.
class SubmissionGroup extends HttpApiGroup.make("submission")
  .annotate(OpenApi.Description, "What agents send. The proof's or the request's signature is the credential.")
  .add(
    HttpApiEndpoint.post("submit", "/proofs", {
      // The exact bytes are what was signed: they are not parsed and written again on the way.
      payload: Schema.Uint8Array.pipe(HttpApiSchema.asUint8Array({ contentType: "application/json" })),
      success: [
        TakenAnswer.pipe(HttpApiSchema.status(201)),
        HeldAnswer,
        SetAsideAnswer.pipe(HttpApiSchema.status(202))
      ],
      error: [ProofInvalid, AgentUnauthenticated, ProofForbidden, ProofConflict, LedgerAway]
    })
      .middleware(ForAgents)
      .annotateMerge(about("Submit one proof: the exact canonical JSON that was signed, at most 8,192 bytes"))
  )
  .add(
    HttpApiEndpoint.post("enroll", "/agents/enroll", {
      payload: EnrolmentRequest,
      success: EnrolmentAnswer,
      error: [EnrolmentForbidden, AgentConflict, LedgerAway]
    })
      .annotate(OpenToAll, true)
      .annotateMerge(about("Ask to be trusted, or ask where the decision stands; harmless when repeated"))
  )
  .prefix("/api/v1") {}

const StatsAnswer = Schema.Struct({
  boards: Schema.Array(
    Schema.Struct({
      board: Board,
      category: Schema.Literals(categories),
      proofs: Count,
      coins: Count,
      last_proof_at: ProofTimestamp
    })
  ),
  /** Paid work, oldest farm-day first; `work` is complexity × impact × fatigue in thousandths. */
  days: Schema.Array(
    Schema.Struct({
      day: Schema.String,
      board: Board,
      category: Schema.Literals(categories),
      proofs: Count,
      coins: Count,
      work: Count
    })
  )
})

class ReadingGroup extends HttpApiGroup.make("reading")
  .annotate(OpenApi.Description, "The ledger and the farm that grows from it.")
  .add(
    HttpApiEndpoint.get("proofs", "/proofs", {
      query: proofListQuery,
      success: Schema.Struct({ proofs: Schema.Array(ScoredProof), next_cursor: Schema.NullOr(Schema.Int) }),
      error: LedgerAway
    }).annotateMerge(about("Proofs and their rewards, newest first or oldest first, of those that match"))
  )
  .add(
    HttpApiEndpoint.get("export", "/proofs/export", {
      query: { agent_id: Schema.optionalKey(Id) },
      success: Schema.String.pipe(HttpApiSchema.asText({ contentType: "application/x-ndjson" })),
      error: [AgentMissing, LedgerAway]
    }).annotateMerge(
      about(
        "The present chain of one agent, or of each after the other: a line for each proof, exactly as it was signed"
      )
    )
  )
  .add(
    HttpApiEndpoint.get("proof", "/proofs/:id", {
      params: ById,
      success: ScoredProof,
      error: [ProofMissing, LedgerAway]
    }).annotateMerge(about("One proof and every factor of its reward"))
  )
  .add(
    HttpApiEndpoint.get("bundle", "/proofs/:id/bundle", {
      params: ById,
      success: Schema.String.pipe(HttpApiSchema.asText({ contentType: plainText })),
      error: [ProofMissing, ProofMovedAway, LedgerDiffers, LedgerAway]
    }).annotateMerge(about("One proof with its path to a signed checkpoint, as a file that verifies offline"))
  )
  .add(
    HttpApiEndpoint.get("farm", "/farm", {
      // A time, a farm-day or a line: none is longer.
      query: { at: Schema.optional(Schema.String.check(Schema.isMaxLength(20))) },
      success: FarmState,
      error: [MomentInvalid, MomentMovedAway, TooManyAsk, LedgerAway]
    }).annotateMerge(
      about(
        "The farm as it stands today; with `at`, as it stood at a time, at the end of a farm-day or after a line of the ledger, by what the ledger now says of its past"
      )
    )
  )
  .add(
    HttpApiEndpoint.get("stats", "/farm/stats", { success: StatsAnswer, error: LedgerAway }).annotateMerge(
      about("Sums by category, and by farm-day of the last 400")
    )
  )
  .add(
    HttpApiEndpoint.get("daily", "/farm/daily", {
      query: dailyQuery,
      success: Schema.Array(DailyRow),
      error: [SpanInvalid, LedgerAway]
    }).annotateMerge(about("Paid work day by day as one flat array, for charts: a row for each farm-day and board"))
  )
  .add(
    HttpApiEndpoint.get("events", "/events", {
      success: HttpApiSchema.StreamSse({ data: FarmState }),
      error: [TooManyWatchers, LedgerAway]
    }).annotateMerge(about("The farm at once and on each change: server-sent events named `farm`"))
  )
  .add(
    HttpApiEndpoint.get("villages", "/villages", {
      success: Schema.Struct({ villages: Schema.Array(JoinedVillage) }),
      error: LedgerAway
    }).annotateMerge(about("The villages that this farm joined"))
  )
  .add(
    HttpApiEndpoint.get("leaderboard", "/leaderboard", {
      success: Schema.Struct({ entries: Schema.Array(BoardEntry) }),
      error: LedgerAway
    }).annotateMerge(about("The board of the first village; empty without one"))
  )
  .middleware(OwnerReads)
  .prefix("/api/v1") {}

class OwnerGroup extends HttpApiGroup.make("owner")
  .annotate(OpenApi.Description, "What the owner does with villages.")
  .add(
    HttpApiEndpoint.post("joinVillage", "/villages", {
      headers: idempotencyHeaders,
      payload: Schema.Struct({ url: Schema.String.check(Schema.isMaxLength(512)) }),
      success: JoinedVillage,
      error: [VillageRefused, LedgerAway]
    }).annotateMerge(about("Register this farm at a village; harmless when repeated"))
  )
  .middleware(OnceByKey)
  .middleware(RequireOwner)
  .prefix("/api/v1") {}

/** What a farm says of itself to everybody. */
export const ProfileAnswer = Schema.Struct({
  farm_id: AgentId,
  name: Schema.String,
  sample: Schema.Boolean,
  public_key: ProofHash,
  fingerprint: Schema.String,
  total_coins: Count,
  level: Count,
  streak_days: Count
})

/** Hashes are base64, as in a checkpoint. */
export const ConsistencyAnswer = Schema.Struct({ from: Count, to: Count, hashes: Schema.Array(Schema.String) })

class PublicGroup extends HttpApiGroup.make("public")
  .annotate(OpenApi.Description, "What strangers may know.")
  .add(
    HttpApiEndpoint.get("profile", "/profile", { success: ProfileAnswer, error: LedgerAway }).annotateMerge(
      about("What strangers may know of the farm")
    )
  )
  .add(
    HttpApiEndpoint.get("snapshot", "/snapshot", { success: FarmSnapshot, error: LedgerAway }).annotateMerge(
      about("The farm's signed sums, for villages")
    )
  )
  .add(
    HttpApiEndpoint.get("checkpoint", "/checkpoint", {
      query: { size: Schema.optional(Size) },
      success: Schema.String.pipe(HttpApiSchema.asText({ contentType: plainText })),
      error: [CheckpointMissing, LedgerAway]
    }).annotateMerge(about("The latest signed checkpoint of the ledger, or the one of a size: a note of c2sp.org"))
  )
  .add(
    HttpApiEndpoint.get("consistency", "/checkpoint/consistency", {
      query: { from: Size, to: Size },
      success: ConsistencyAnswer,
      error: [CheckpointMissing, LedgerDiffers, LedgerAway]
    }).annotateMerge(about("The proof (RFC 6962) that the ledger of one size is the beginning of that of another"))
  )
  .annotate(OpenToAll, true)
  .prefix("/api/v1/public") {}

/** `/openapi.json` and `/docs` are made from this. */
export class TrackerApi extends HttpApi.make("farmops-tracker")
  .add(SubmissionGroup)
  .add(ReadingGroup)
  .add(OwnerGroup)
  .add(TrustGroup)
  .add(DecisionGroup)
  .add(KeyGroup)
  .add(KeyDecisionGroup)
  .add(ShopGroup)
  .add(ShopDecisionGroup)
  .add(RulesGroup)
  .add(RulesDecisionGroup)
  .add(TimeZoneGroup)
  .add(TimeZoneDecisionGroup)
  .add(AuditGroup)
  .add(ChronicleGroup)
  .add(LiveGroup)
  .add(LiveTicketGroup)
  .add(SeasonGroup)
  .add(SeasonDecisionGroup)
  .add(PublicGroup)
  .add(BadgeGroup)
  .middleware(RequestForm)
  // A misspelt filter must not be taken for none.
  .annotate(HttpApi.QueryParseOptions, { onExcessProperty: "error" })
  .annotateMerge(
    OpenApi.annotations({
      title: "FarmOps tracker",
      version: "1",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      servers: [{ url: "/", description: "The tracker that serves this document" }],
      description:
        "One person's ledger of signed proofs and the farm that grows from it. Reads are open where the tracker listens on loopback only; elsewhere they need the owner's token, but for `public`."
    })
  ) {}
