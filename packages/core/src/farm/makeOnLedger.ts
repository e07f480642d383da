/** Gives work on the ledger what every part of the farm has at hand, and its failures the ledger's own error. */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { LedgerSettings } from "./LedgerSettings.ts"
import { orDatabaseUnavailable } from "./LedgerUnavailable.ts"
import { ActiveShop } from "./shop/ActiveShop.ts"
import { TrackerKey } from "./TrackerKey.ts"

/** For the making of a service, whose methods need nothing of their callers then. */
export const makeOnLedger = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const settings = yield* LedgerSettings
  const key = yield* TrackerKey
  const shop = yield* ActiveShop
  return <A, E>(effect: Effect.Effect<A, E, LedgerSettings | SqlClient.SqlClient | TrackerKey>) =>
    orDatabaseUnavailable(effect).pipe(
      Effect.provideService(SqlClient.SqlClient, sql),
      Effect.provideService(LedgerSettings, settings),
      Effect.provideService(TrackerKey, key),
      Effect.provideService(ActiveShop, shop)
    )
})
