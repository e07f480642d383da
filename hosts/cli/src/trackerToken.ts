/** `farmops tracker token rotate`: a fresh token for the owner, shown once. Whoever has the tracker's folder and database is the owner too. */
import { RotatedToken } from "@farmops/core/api/KeyApi"
import { rotateOwnerToken } from "@farmops/core/farm/OwnerToken"
import { Effect, Redacted } from "effect"
import { requestJson } from "./FarmConnection.ts"
import { findLedger, type LedgerPlaceOptions, layerLedger } from "./openLedger.ts"
import { Printer } from "./Printer.ts"

const tellToken = Effect.fnUntraced(function* (owner_token: string) {
  const printer = yield* Printer
  if (printer.json) return yield* printer.data({ owner_token })
  yield* printer.line(owner_token)
  yield* printer.note("this is the owner's token from now on; it is not shown again, and the one before opens nothing")
})

/** On the ledger and its folder, whether a tracker runs on them or not: it follows within seconds. */
export const rotateOwnToken = Effect.fn("rotateOwnToken")(function* (options: LedgerPlaceOptions) {
  const place = yield* findLedger(options)
  const token = yield* Effect.provide(rotateOwnerToken(place.dataDir), layerLedger(place))
  yield* tellToken(Redacted.value(token))
  yield* (yield* Printer).note("a tracker that is given FARMOPS_OWNER_TOKEN takes that one again at its next start")
})

/** With `--tracker-url`, by the present token. */
export const rotateTokenAt = Effect.fn("rotateTokenAt")(function* () {
  const answer = yield* requestJson("/api/v1/owner/token/rotate", RotatedToken, { method: "POST", asOwner: true })
  yield* tellToken(answer.owner_token)
})
