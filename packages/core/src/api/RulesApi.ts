/** The tracker's routes about its rules: by what the farm pays, and other rules from its owner. */
import { HttpApi, HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { RulesChange, RulesInForce } from "../farm/LedgerRules.ts"
import { Rules } from "../scoring/Rules.ts"
import { OwnerReads, RequireOwner } from "./ownerAccess.ts"
import { LedgerAway } from "./trackerProblems.ts"

const about = (summary: string) => OpenApi.annotations({ summary })

/** What may be read. */
export class RulesGroup extends HttpApiGroup.make("rules")
  .annotate(OpenApi.Description, "The rules by which the farm pays.")
  .add(
    HttpApiEndpoint.get("rules", "/rules", { success: RulesInForce, error: LedgerAway }).annotateMerge(
      about("The rules by which the next proof is paid")
    )
  )
  .middleware(OwnerReads)
  .prefix("/api/v1") {}

/** What the owner decides. */
export class RulesDecisionGroup extends HttpApiGroup.make("rulesDecisions")
  .annotate(OpenApi.Description, "Other rules from the owner.")
  .add(
    HttpApiEndpoint.put("changeRules", "/rules", { payload: Rules, success: RulesChange, error: LedgerAway })
      // A misspelt setting must not be taken for none.
      .annotate(HttpApi.PayloadParseOptions, { onExcessProperty: "error" })
      .annotateMerge(about("Pay every proof from now on by these rules; what was paid stays paid"))
  )
  .middleware(RequireOwner)
  .prefix("/api/v1") {}
