/** The tracker's routes for a README: a badge and a card. They show what the public profile shows, and nothing of the work. */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { cardThemes } from "../farm/drawCard.ts"
import { OpenToAll } from "./routeRoles.ts"
import { LedgerAway } from "./trackerProblems.ts"

/** What a badge may show. */
export const badgeMetrics = ["coins", "level", "streak"] as const

/** What shields.io draws a badge from: its endpoint schema, version 1. */
export const BadgeAnswer = Schema.Struct({
  schemaVersion: Schema.Literal(1),
  label: Schema.String,
  message: Schema.String,
  color: Schema.String,
  cacheSeconds: Schema.Int
})

const about = (summary: string) => OpenApi.annotations({ summary })

const unchanged = HttpApiSchema.Empty(304)

/** Open to everybody. */
export class BadgeGroup extends HttpApiGroup.make("badges")
  .annotate(OpenApi.Description, "What a README may show of the farm: no more than the public profile.")
  .add(
    HttpApiEndpoint.get("badge", "/badge.json", {
      query: { metric: Schema.optionalKey(Schema.Literals(badgeMetrics)) },
      success: [BadgeAnswer, unchanged],
      error: LedgerAway
    }).annotateMerge(about("Coins, level or streak for a badge of shields.io (its `endpoint` schema)"))
  )
  .add(
    HttpApiEndpoint.get("card", "/card.svg", {
      query: { theme: Schema.optionalKey(Schema.Literals(cardThemes)) },
      success: [Schema.String.pipe(HttpApiSchema.asText({ contentType: "image/svg+xml" })), unchanged],
      error: LedgerAway
    }).annotateMerge(about("The farm's card as a picture; light, dark, or as the reader's screen is"))
  )
  .annotate(OpenToAll, true)
  .prefix("/api/v1/public") {}
