/** `farmops tracker time-zone …`: in which zone the farm counts its days, and counting them in another one. */
import { ZoneDecision, ZoneInForce } from "@farmops/core/farm/LedgerTimeZone"
import { Effect } from "effect"
import { requestJson } from "./FarmConnection.ts"
import { Printer } from "./Printer.ts"

const route = "/api/v1/time-zone"

const sentence = ({ farm_day, next, time_zone }: ZoneInForce): string => {
  const now = `days are counted in ${time_zone}; today is ${farm_day}`
  return next === null ? now : `${now}\nfrom ${next.from_day} on, which begins at ${next.from}, in ${next.time_zone}`
}

/** Runs `tracker time-zone show`. */
export const showTimeZone = Effect.fn("showTimeZone")(function* () {
  const printer = yield* Printer
  const inForce = yield* requestJson(route, ZoneInForce)
  yield* printer.json ? printer.data(inForce) : printer.line(sentence(inForce))
})

/** Runs `tracker time-zone set ZONE`. Needs the owner's token. */
export const setTimeZone = Effect.fn("setTimeZone")(function* ({ zone }: { readonly zone: string }) {
  const printer = yield* Printer
  const body = { time_zone: zone }
  const decided = yield* requestJson(route, ZoneDecision, { method: "PUT", asOwner: true, body })
  yield* printer.json ? printer.data(decided) : printer.line(`${sentence(decided)}; what was counted stays counted`)
})
