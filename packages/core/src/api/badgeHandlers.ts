/** Answers the routes for a README from the farm's public sums. */
import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { drawCard, type PublicFarm } from "../farm/drawCard.ts"
import { grouped } from "../farm/drawing/lot.ts"
import { Ledger } from "../farm/Ledger.ts"
import type { BadgeAnswer, badgeMetrics } from "./BadgeApi.ts"
import { cachedResponse } from "./cachedResponse.ts"
import { farmSvgCsp } from "./farmPage.ts"
import { orAway } from "./ledgerAnswers.ts"
import { TrackerApi } from "./TrackerApi.ts"

/** The least that shields.io keeps a badge for. */
const badgeAgeSeconds = 300

/** Cards are asked for by other people's caches; five minutes old is new enough for a README. */
const cardAgeSeconds = 300

const shown: Readonly<
  Record<(typeof badgeMetrics)[number], (farm: PublicFarm) => { readonly value: number; readonly message: string }>
> = {
  coins: ({ total_coins }) => ({ value: total_coins, message: grouped(total_coins) }),
  level: ({ level }) => ({ value: level, message: String(level) }),
  streak: ({ streak_days }) => ({
    value: streak_days,
    message: `${grouped(streak_days)} ${streak_days === 1 ? "day" : "days"}`
  })
}

const colors = { coins: "yellow", level: "green", streak: "orange" } as const

/** The badge of one number. */
export const badgeOf = (farm: PublicFarm, metric: (typeof badgeMetrics)[number]): typeof BadgeAnswer.Type => {
  const { message, value } = shown[metric](farm)
  return {
    schemaVersion: 1,
    label: `${farm.sample ? "sample " : ""}farm ${metric}`,
    message,
    color: value === 0 ? "lightgrey" : colors[metric],
    cacheSeconds: badgeAgeSeconds
  }
}

/** Handlers of the group. */
export const layerBadgeHandlers = HttpApiBuilder.group(
  TrackerApi,
  "badges",
  Effect.fnUntraced(function* (handlers) {
    const ledger = yield* Ledger
    return handlers.handleAll({
      badge: ({ query }) =>
        Effect.flatMap(orAway(ledger.farm), (farm) =>
          cachedResponse({
            body: JSON.stringify(badgeOf(farm, query.metric ?? "coins")),
            contentType: "application/json",
            maxAgeSeconds: badgeAgeSeconds,
            isPublic: true
          })
        ),
      card: ({ query }) =>
        Effect.flatMap(orAway(ledger.farm), (farm) =>
          cachedResponse({
            body: drawCard(farm, query.theme ?? "auto"),
            contentType: "image/svg+xml",
            maxAgeSeconds: cardAgeSeconds,
            isPublic: true,
            headers: { "content-security-policy": farmSvgCsp }
          })
        )
    })
  })
)
