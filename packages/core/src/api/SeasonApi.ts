/** The tracker's routes about seasons: what was earned in each, and a new one from its owner. */
import { Schema } from "effect"
import { HttpApi, HttpApiEndpoint, HttpApiError, HttpApiGroup, OpenApi } from "effect/http-api"
import { FarmSeasons, SeasonWish, seasonRefusals } from "../farm/seasons/Seasons.ts"
import { idempotencyHeaders, OnceByKey } from "./onceByKey.ts"
import { OwnerReads, RequireOwner } from "./ownerAccess.ts"
import { LedgerAway } from "./trackerProblems.ts"

const about = (summary: string) => OpenApi.annotations({ summary })

/** No season was opened. */
export class SeasonConflict extends HttpApiError.Problem<SeasonConflict>()(
  "SeasonConflict",
  { type: "about:blank", status: 409, title: "No season was opened" },
  { code: Schema.Literals(seasonRefusals), detail: Schema.String }
) {}

/** What may be read. */
export class SeasonGroup extends HttpApiGroup.make("seasons")
  .annotate(OpenApi.Description, "What was earned in each season.")
  .add(
    HttpApiEndpoint.get("seasons", "/seasons", { success: FarmSeasons, error: LedgerAway }).annotateMerge(
      about("Coins, paid proofs and farm-days of each season, people and machines apart")
    )
  )
  .middleware(OwnerReads)
  .prefix("/api/v1") {}

/** What the owner decides. */
export class SeasonDecisionGroup extends HttpApiGroup.make("seasonDecisions")
  .annotate(OpenApi.Description, "A new season from the owner.")
  .add(
    HttpApiEndpoint.post("openSeason", "/seasons", {
      headers: idempotencyHeaders,
      payload: SeasonWish,
      success: FarmSeasons,
      error: [SeasonConflict, LedgerAway]
    })
      .annotate(HttpApi.PayloadParseOptions, { onExcessProperty: "error" })
      .annotateMerge(about("Open a season; the one before is over and keeps its sums, and no coin changes"))
  )
  .middleware(OnceByKey)
  .middleware(RequireOwner)
  .prefix("/api/v1") {}
