/** The tracker's routes about its own audits: what the last one found, and another one, both for the owner alone. */
import { ProofTimestamp } from "@farmops/proof/FarmProof"
import { Schema } from "effect"
import { HttpApi, HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { differencesMax } from "../farm/audit/AuditReport.ts"
import { idempotencyHeaders, OnceByKey } from "./onceByKey.ts"
import { RequireOwner } from "./ownerAccess.ts"

const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))

const Level = Schema.Literals(["full", "links"])

const Report = Schema.Struct({
  level: Level,
  proofs: Count,
  events: Count,
  agents: Count,
  archived: Count,
  checkpoints: Count,
  signed: Count,
  /** 0 where the whole ledger is what it should be. */
  differences: Count,
  first: Schema.Array(
    Schema.Struct({
      kind: Schema.Literals([
        "line_missing",
        "line_damaged",
        "column",
        "chain",
        "event",
        "tile",
        "checkpoint",
        "head",
        "sums",
        "archive"
      ]),
      place: Schema.String,
      detail: Schema.String
    })
  ).check(Schema.isMaxLength(differencesMax)),
  proves: Schema.Array(Schema.String)
})

const run = { level: Level, started_at: ProofTimestamp }

/** What runs and what the last one found. A `report` of null: the ledger could not be read to its end. */
export const AuditAnswer = Schema.Struct({
  running: Schema.NullOr(Schema.Struct(run)),
  last: Schema.NullOr(Schema.Struct({ ...run, ended_at: ProofTimestamp, report: Schema.NullOr(Report) }))
})

/** How to audit; every signature unless it says otherwise. */
export const AuditRequest = Schema.Struct({ level: Schema.optionalKey(Level) })

const about = (summary: string) => OpenApi.annotations({ summary })

/** Audits are the owner's: they say where a ledger is weak. */
export class AuditGroup extends HttpApiGroup.make("audit")
  .annotate(OpenApi.Description, "Whether the stored ledger is what it should be.")
  .add(
    HttpApiEndpoint.get("audit", "/audit", { success: AuditAnswer }).annotateMerge(
      about("What the last audit since the tracker's start found, and whether one is under way")
    )
  )
  .add(
    HttpApiEndpoint.post("startAudit", "/audit", {
      headers: idempotencyHeaders,
      payload: [AuditRequest, Schema.Undefined],
      success: AuditAnswer.pipe(HttpApiSchema.status(202))
    })
      .annotate(HttpApi.PayloadParseOptions, { onExcessProperty: "error" })
      .annotateMerge(
        about("Read the whole ledger again and check it, unless that is being done; ask for the result later")
      )
  )
  .middleware(OnceByKey)
  .middleware(RequireOwner)
  .prefix("/api/v1") {}
