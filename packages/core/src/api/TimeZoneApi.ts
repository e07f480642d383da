/** The tracker's routes about its time zone: in which the farm counts its days, and another one from its owner. */
import { Schema } from "effect"
import { HttpApi, HttpApiEndpoint, HttpApiError, HttpApiGroup, OpenApi } from "effect/http-api"
import { ZoneDecision, ZoneInForce } from "../farm/LedgerTimeZone.ts"
import { OwnerReads, RequireOwner } from "./ownerAccess.ts"
import { LedgerAway } from "./trackerProblems.ts"

const about = (summary: string) => OpenApi.annotations({ summary })

/** No such zone is known here. */
export class ZoneUnknown extends HttpApiError.Problem<ZoneUnknown>()(
  "ZoneUnknown",
  { type: "about:blank", status: 422, title: "No such time zone" },
  { code: Schema.Literal("unknown_zone"), detail: Schema.String }
) {}

/** The zone cannot be changed to this one, or not now. */
export class ZoneConflict extends HttpApiError.Problem<ZoneConflict>()(
  "ZoneConflict",
  { type: "about:blank", status: 409, title: "The time zone stays as it is" },
  { code: Schema.Literals(["same_zone", "under_way", "too_many", "end_of_time"]), detail: Schema.String }
) {}

/** What may be read. */
export class TimeZoneGroup extends HttpApiGroup.make("timeZone")
  .annotate(OpenApi.Description, "The time zone in which days are counted.")
  .add(
    HttpApiEndpoint.get("timeZone", "/time-zone", { success: ZoneInForce, error: LedgerAway }).annotateMerge(
      about("The time zone in which days are counted, and the next one where one was decided on")
    )
  )
  .middleware(OwnerReads)
  .prefix("/api/v1") {}

/** What the owner decides. */
export class TimeZoneDecisionGroup extends HttpApiGroup.make("timeZoneDecisions")
  .annotate(OpenApi.Description, "Another time zone from the owner.")
  .add(
    HttpApiEndpoint.put("changeTimeZone", "/time-zone", {
      // The longest name of a zone has 32 characters.
      payload: Schema.Struct({ time_zone: Schema.String.check(Schema.isMaxLength(64)) }),
      success: ZoneDecision,
      error: [ZoneUnknown, ZoneConflict, LedgerAway]
    })
      .annotate(HttpApi.PayloadParseOptions, { onExcessProperty: "error" })
      .annotateMerge(about("Count days in another time zone, once the present farm-day is over"))
  )
  .middleware(RequireOwner)
  .prefix("/api/v1") {}
