/** Answers the routes about the time zone from `LedgerTimeZone`. */
import { Effect, Layer } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { LedgerTimeZone, type ZoneRefused } from "../farm/LedgerTimeZone.ts"
import { away, orAway } from "./ledgerAnswers.ts"
import { ZoneConflict, ZoneUnknown } from "./TimeZoneApi.ts"
import { TrackerApi } from "./TrackerApi.ts"

const refused = ({ code, detail }: ZoneRefused) =>
  code === "unknown_zone"
    ? Effect.fail(new ZoneUnknown({ code, detail }))
    : Effect.fail(new ZoneConflict({ code, detail }))

const reading = HttpApiBuilder.group(
  TrackerApi,
  "timeZone",
  Effect.fnUntraced(function* (handlers) {
    const timeZone = yield* LedgerTimeZone
    return handlers.handleAll({ timeZone: () => orAway(timeZone.inForce) })
  })
)

const decisions = HttpApiBuilder.group(
  TrackerApi,
  "timeZoneDecisions",
  Effect.fnUntraced(function* (handlers) {
    const timeZone = yield* LedgerTimeZone
    return handlers.handleAll({
      changeTimeZone: ({ payload }) =>
        timeZone.change(payload.time_zone).pipe(Effect.catchTags({ ZoneRefused: refused, LedgerUnavailable: away }))
    })
  })
)

/** Handlers of both groups. */
export const layerTimeZoneHandlers = Layer.mergeAll(reading, decisions)
