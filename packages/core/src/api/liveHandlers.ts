/** Answers the routes about watching: plain requests at the WebSocket's address, and tickets. */
import { DateTime, Effect, Layer } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { spellTime } from "../farm/wireTime.ts"
import { UpgradeRequired } from "./LiveApi.ts"
import { LiveTickets, ticketSeconds } from "./live/LiveTickets.ts"
import { TrackerApi } from "./TrackerApi.ts"

const live = HttpApiBuilder.group(TrackerApi, "live", (handlers) =>
  handlers.handleAll({
    // A request that asks for a WebSocket never comes here.
    live: () =>
      Effect.fail(
        new UpgradeRequired({ code: "upgrade_required", detail: "Connect with a WebSocket client, over HTTP/1.1." })
      )
  })
)

const ticket = HttpApiBuilder.group(
  TrackerApi,
  "liveTickets",
  Effect.fnUntraced(function* (handlers) {
    const tickets = yield* LiveTickets
    return handlers.handleAll({
      liveTicket: () =>
        Effect.gen(function* () {
          const expires = DateTime.add(yield* DateTime.now, { seconds: ticketSeconds })
          return { ticket: yield* tickets.issue, expires_at: spellTime(expires) }
        })
    })
  })
)

/** Handlers of both groups. */
export const layerLiveHandlers = Layer.mergeAll(live, ticket)
