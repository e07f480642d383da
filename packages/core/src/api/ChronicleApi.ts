/** The tracker's feed of what the farm has to tell. For the owner: it says on which days something happened. */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { OwnerReads } from "./ownerAccess.ts"
import { LedgerAway } from "./trackerProblems.ts"

/** Where the feed is. */
export const chroniclePath = "/api/v1/feed.atom"

/** A time and an entry, as the feed's own `next` link has it. */
const Before = Schema.String.check(
  Schema.isPattern(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\/(achievement|level|purchase|season)\/[\w./-]{1,80}$/)
)

/** Reading it. */
export class ChronicleGroup extends HttpApiGroup.make("chronicle")
  .annotate(OpenApi.Description, "What the farm has to tell: achievements, levels, purchases, seasons.")
  .add(
    HttpApiEndpoint.get("feed", "/feed.atom", {
      query: { before: Schema.optionalKey(Before) },
      success: [
        Schema.String.pipe(HttpApiSchema.asText({ contentType: "application/atom+xml" })),
        HttpApiSchema.Empty(304)
      ],
      error: LedgerAway
    }).annotateMerge(
      OpenApi.annotations({ summary: "The farm's chronicle as an Atom feed, newest first; its `next` link leads on" })
    )
  )
  .middleware(OwnerReads)
  .prefix("/api/v1") {}
