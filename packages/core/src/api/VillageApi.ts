/** The village's HTTP API as one definition: server, OpenAPI document and typed clients all come from it. */
import { Schema } from "effect"
import { HttpApi, HttpApiEndpoint, HttpApiError, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { snapshotFaults } from "../village/checkSnapshot.ts"
import { FarmerPage, FarmerProfile, HistoryPage, pageLimitMax } from "../village/FarmerProfiles.ts"
import { BoardEntry, boardLimitMax, boardSorts } from "../village/Leaderboard.ts"
import { DepartureHeaders, RegistrationAnswer, RegistrationRequest } from "../village/Registration.ts"
import { silences } from "../village/SnapshotSource.ts"
import { RequestForm } from "./InvalidRequest.ts"

/** The signature is not the key's over this request, the key is one that its farm left behind, or the request is not of this moment. */
export class RequestRefused extends HttpApiError.Problem<RequestRefused>()(
  "RequestRefused",
  { type: "about:blank", status: 403, title: "The signed request was refused" },
  { code: Schema.Literals(["bad_signature", "stale", "key_retired"]), detail: Schema.String }
) {}

/** No farmer of this village has the id. */
export class NoSuchFarmer extends HttpApiError.Problem<NoSuchFarmer>()(
  "NoSuchFarmer",
  { type: "about:blank", status: 404, title: "No farmer of this village has this id" },
  { code: Schema.Literal("farmer_unknown") }
) {}

/** The tracker's address may not be called from here. Another address may do. */
export class TrackerAddressRefused extends HttpApiError.Problem<TrackerAddressRefused>()(
  "TrackerAddressRefused",
  { type: "about:blank", status: 422, title: "This village does not call that address" },
  { code: Schema.Literal("tracker_address_refused"), detail: Schema.String }
) {}

/** The tracker's snapshot cannot be shown; `fault` says why. Nothing was stored. */
export class SnapshotNotShown extends HttpApiError.Problem<SnapshotNotShown>()(
  "SnapshotNotShown",
  { type: "about:blank", status: 422, title: "The tracker's snapshot was refused" },
  { code: Schema.Literal("snapshot_refused"), fault: Schema.Literals(snapshotFaults), detail: Schema.String }
) {}

/** The tracker gave no snapshot. The same request may succeed later. */
export class TrackerNotAnswering extends HttpApiError.Problem<TrackerNotAnswering>()(
  "TrackerNotAnswering",
  { type: "about:blank", status: 502, title: "The tracker gave no snapshot" },
  { code: Schema.Literal("tracker_unreachable"), reason: Schema.Literals(silences) }
) {}

/** The village cannot do it now. */
export class VillageNotServing extends HttpApiError.Problem<VillageNotServing>()(
  "VillageNotServing",
  { type: "about:blank", status: 503, title: "The village cannot do this now" },
  { code: Schema.Literals(["village_unavailable", "village_busy", "roster_full"]), detail: Schema.String }
) {}

const limit = (maximum: number) =>
  Schema.optionalKey(Schema.NumberFromString.check(Schema.isInt(), Schema.isBetween({ minimum: 1, maximum })))

// An id or a cursor of ours is shorter than this.
const ShortText = Schema.String.check(Schema.isMaxLength(64))
const byId = { id: ShortText }
const page = { limit: limit(pageLimitMax), cursor: Schema.optionalKey(ShortText) }

class FarmersGroup extends HttpApiGroup.make("farmers")
  .add(
    HttpApiEndpoint.post("register", "/farmers/register", {
      payload: RegistrationRequest,
      success: [
        Schema.Struct({ ...RegistrationAnswer.fields, already: Schema.Literal(false) }).pipe(HttpApiSchema.status(201)),
        Schema.Struct({ ...RegistrationAnswer.fields, already: Schema.Literal(true) })
      ],
      error: [RequestRefused, TrackerAddressRefused, SnapshotNotShown, TrackerNotAnswering, VillageNotServing]
    }).annotateMerge(
      OpenApi.annotations({
        summary: "Register a farm, or renew its name and address",
        description:
          'Ed25519 over utf8("farmops/registration/v1"), 0x00 and the RFC 8785 form of the other four fields. The village pulls ' +
          "the farm's public snapshot and checks it with this key before it answers."
      })
    )
  )
  .add(
    HttpApiEndpoint.delete("unregister", "/farmers/:id", {
      params: byId,
      headers: DepartureHeaders,
      success: HttpApiSchema.NoContent,
      error: [RequestRefused, NoSuchFarmer, VillageNotServing]
    }).annotateMerge(
      OpenApi.annotations({
        summary: "Leave the village",
        description:
          'Ed25519 over utf8("farmops/departure/v1"), 0x00 and the RFC 8785 form of {farmer_id, requested_at}. Snapshot and history go too.'
      })
    )
  )
  .add(
    HttpApiEndpoint.get("list", "/farmers", {
      query: page,
      success: FarmerPage,
      error: VillageNotServing
    }).annotateMerge(OpenApi.annotations({ summary: "All farmers, in the order of registration" }))
  )
  .add(
    HttpApiEndpoint.get("profile", "/farmers/:id", {
      params: byId,
      success: FarmerProfile,
      error: [NoSuchFarmer, VillageNotServing]
    }).annotateMerge(OpenApi.annotations({ summary: "One farmer with the signed snapshot" }))
  )
  .add(
    HttpApiEndpoint.get("history", "/farmers/:id/history", {
      params: byId,
      query: page,
      success: HistoryPage,
      error: [NoSuchFarmer, VillageNotServing]
    }).annotateMerge(OpenApi.annotations({ summary: "Where a farmer stood, newest first, at most one entry an hour" }))
  )
  .prefix("/api/v1") {}

class BoardGroup extends HttpApiGroup.make("board")
  .add(
    HttpApiEndpoint.get("leaderboard", "/leaderboard", {
      query: { sort: Schema.optionalKey(Schema.Literals(boardSorts)), limit: limit(boardLimitMax) },
      success: Schema.Struct({ sort: Schema.Literals(boardSorts), entries: Schema.Array(BoardEntry) }),
      error: VillageNotServing
    }).annotateMerge(OpenApi.annotations({ summary: "The board: equal numbers share a rank (1, 2, 2, 4)" }))
  )
  .prefix("/api/v1") {}

/** `/openapi.json` and `/docs` are made from this. */
export class VillageApi extends HttpApi.make("farmops-village")
  .add(FarmersGroup)
  .add(BoardGroup)
  .middleware(RequestForm)
  .annotateMerge(OpenApi.annotations({ title: "FarmOps village", version: "1" })) {}
