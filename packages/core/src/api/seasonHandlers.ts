/** Answers the routes about seasons from `Seasons`. */
import { Effect, Layer } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { type SeasonRefused, Seasons } from "../farm/seasons/Seasons.ts"
import { away, orAway } from "./ledgerAnswers.ts"
import { SeasonConflict } from "./SeasonApi.ts"
import { TrackerApi } from "./TrackerApi.ts"

const refused = ({ code, detail }: SeasonRefused) => Effect.fail(new SeasonConflict({ code, detail }))

const reading = HttpApiBuilder.group(
  TrackerApi,
  "seasons",
  Effect.fnUntraced(function* (handlers) {
    const seasons = yield* Seasons
    return handlers.handleAll({ seasons: () => orAway(seasons.all) })
  })
)

const decisions = HttpApiBuilder.group(
  TrackerApi,
  "seasonDecisions",
  Effect.fnUntraced(function* (handlers) {
    const seasons = yield* Seasons
    return handlers.handleAll({
      openSeason: ({ payload }) =>
        seasons.open(payload).pipe(Effect.catchTags({ SeasonRefused: refused, LedgerUnavailable: away }))
    })
  })
)

/** Handlers of both groups. */
export const layerSeasonHandlers = Layer.mergeAll(reading, decisions)
