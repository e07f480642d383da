/** Answers the routes about audits from `LatestAudit`. */
import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { LatestAudit } from "../farm/audit/LatestAudit.ts"
import { TrackerApi } from "./TrackerApi.ts"

/** Handlers of the group. */
export const layerAuditHandlers = HttpApiBuilder.group(
  TrackerApi,
  "audit",
  Effect.fnUntraced(function* (handlers) {
    const audits = yield* LatestAudit
    return handlers.handleAll({
      audit: () => audits.standing,
      startAudit: ({ payload }) => audits.start(payload?.level ?? "full")
    })
  })
)
