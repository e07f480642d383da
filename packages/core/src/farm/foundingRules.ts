/**
 * The first line of every new ledger: by which rules it pays. A later version may have other default rules; a ledger that
 * says its own replays to the same coins under every version.
 */
import { Effect, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { defaultRules, rulesHash } from "../scoring/Rules.ts"
import { appendFact, presentTotals } from "./appendFact.ts"
import type { LedgerSettings } from "./LedgerSettings.ts"
import { type LedgerUnavailable, orDatabaseUnavailable } from "./LedgerUnavailable.ts"
import { SqlCount } from "./SqlCount.ts"
import type { TrackerKey } from "./TrackerKey.ts"
import { underFarmLock } from "./underFarmLock.ts"

const decodeEntries = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ entries: SqlCount })))

const isEmpty = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* decodeEntries(yield* sql`SELECT entries FROM tracker_farm WHERE id = 1`)
  return row?.entries === 0
})

const foundRules = Effect.gen(function* () {
  // Another process may have been first.
  if (!(yield* isEmpty)) return
  const fact = { kind: "rules_changed", rules: defaultRules, ruleset_hash: rulesHash(defaultRules) } as const
  yield* appendFact(yield* presentTotals, fact)
})

/** Writes the rules into a ledger without a line; a ledger of before keeps paying by `unsaidRules` until its owner decides. */
export const layerFoundingRules: Layer.Layer<
  never,
  LedgerUnavailable,
  LedgerSettings | SqlClient.SqlClient | TrackerKey
> = Layer.effectDiscard(
  orDatabaseUnavailable(Effect.flatMap(isEmpty, (empty) => (empty ? underFarmLock(foundRules) : Effect.void)))
)
