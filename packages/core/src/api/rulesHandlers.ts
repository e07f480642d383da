/** Answers the routes about the rules from `LedgerRules`. */
import { Effect, Layer } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { LedgerRules } from "../farm/LedgerRules.ts"
import { orAway } from "./ledgerAnswers.ts"
import { TrackerApi } from "./TrackerApi.ts"

const reading = HttpApiBuilder.group(
  TrackerApi,
  "rules",
  Effect.fnUntraced(function* (handlers) {
    const ledgerRules = yield* LedgerRules
    return handlers.handleAll({ rules: () => orAway(ledgerRules.inForce) })
  })
)

const decisions = HttpApiBuilder.group(
  TrackerApi,
  "rulesDecisions",
  Effect.fnUntraced(function* (handlers) {
    const ledgerRules = yield* LedgerRules
    return handlers.handleAll({ changeRules: ({ payload }) => orAway(ledgerRules.change(payload)) })
  })
)

/** Handlers of both groups. */
export const layerRulesHandlers = Layer.mergeAll(reading, decisions)
