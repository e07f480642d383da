/** Answers the route of the farm's feed from what the ledger holds. */
import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { chronicleOf } from "../farm/chronicle/chronicleOf.ts"
import { pageOf, updatedOf, writeAtom } from "../farm/chronicle/writeAtom.ts"
import { Ledger } from "../farm/Ledger.ts"
import { LedgerSettings } from "../farm/LedgerSettings.ts"
import { ActiveShop } from "../farm/shop/ActiveShop.ts"
import { chroniclePath } from "./ChronicleApi.ts"
import { cachedResponse } from "./cachedResponse.ts"
import { orAway } from "./ledgerAnswers.ts"
import { TrackerApi } from "./TrackerApi.ts"

/** Readers ask every few minutes anyway. */
const feedAgeSeconds = 60

/** Handlers of the group. */
export const layerChronicleHandlers = HttpApiBuilder.group(
  TrackerApi,
  "chronicle",
  Effect.fnUntraced(function* (handlers) {
    const ledger = yield* Ledger
    const { farmId, foundedAt } = yield* LedgerSettings
    const { catalogue } = yield* ActiveShop

    const facts = ledger.atOneMoment(
      Effect.gen(function* () {
        const { farm_day: today, name } = yield* ledger.farm
        const { purchases } = yield* ledger.holdings
        const days = yield* ledger.daysAfter("")
        const achievements = yield* ledger.achievements
        // A ledger may hold work from before it was founded.
        const founded = foundedAt.slice(0, 10)
        const firstDay = days[0] === undefined || founded < days[0].farmDay ? founded : days[0].farmDay
        return { name, entries: chronicleOf({ achievements, purchases, catalogue, days, firstDay, today }) }
      })
    )

    return handlers.handleAll({
      feed: ({ query }) =>
        Effect.gen(function* () {
          const { entries, name } = yield* orAway(facts)
          const feed = { farmId, name, path: chroniclePath, foundedAt }
          const page = pageOf(entries, query.before ?? null)
          return yield* cachedResponse({
            body: writeAtom(feed, page),
            contentType: "application/atom+xml; charset=utf-8",
            maxAgeSeconds: feedAgeSeconds,
            isPublic: false,
            headers: { "last-modified": new Date(updatedOf(feed, page)).toUTCString() }
          })
        })
    })
  })
)
