/**
 * By which rules the farm pays: the default ones until its ledger says otherwise. A change is an event of the ledger and pays
 * every proof after it; what was paid before stays paid, also in a replay.
 */
import { ProofHash, ProofTimestamp } from "@farmops/proof/FarmProof"
import { Context, Effect, Layer, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import { weekdays } from "../scoring/farmDay.ts"
import { Rules, rulesHash } from "../scoring/Rules.ts"
import { diffRules } from "../scoring/ruleSettings.ts"
import { appendFact, presentTotals } from "./appendFact.ts"
import { LedgerCommits } from "./LedgerCommits.ts"
import type { LedgerSettings } from "./LedgerSettings.ts"
import { makeOnLedger } from "./makeOnLedger.ts"
import type { TrackerKey } from "./TrackerKey.ts"
import { underFarmLock } from "./underFarmLock.ts"

/** The rules in force. */
export const RulesInForce = Schema.Struct({ ruleset_hash: ProofHash, rules: Rules })

/** See the schema of the same name. */
export type RulesInForce = typeof RulesInForce.Type

/** What a change came to. */
export const RulesChange = Schema.Struct({
  ...RulesInForce.fields,
  /** Where the ledger has it; null where these rules were in force already, and nothing was written. */
  event: Schema.NullOr(Schema.Struct({ position: Schema.Int, at: ProofTimestamp })),
  /** Each setting that is another one now, as people read it. */
  changes: Schema.Array(Schema.Struct({ path: Schema.String, before: Schema.String, after: Schema.String }))
})

/** See the schema of the same name. */
export type RulesChange = typeof RulesChange.Type

/** One order of days, Monday first, so that rules that mean the same have one hash. */
const tidy = (rules: Rules): Rules => ({
  ...rules,
  rest_days: [...weekdays.slice(1), ...weekdays.slice(0, 1)].filter((day) => rules.rest_days.includes(day))
})

const changeTo = Effect.fnUntraced(function* (asked: Rules) {
  const stored = yield* presentTotals
  const before = stored.totals.rules
  const rules = tidy(asked)
  const ruleset_hash = rulesHash(rules)
  const unchanged: RulesChange = { ruleset_hash, rules, event: null, changes: [] }
  if (rulesHash(before) === ruleset_hash) return unchanged
  const { at, position } = yield* appendFact(stored, { kind: "rules_changed", rules, ruleset_hash })
  const changed: RulesChange = { ruleset_hash, rules, event: { position, at }, changes: diffRules(before, rules) }
  return changed
})

const make = Effect.gen(function* () {
  const { announce } = yield* LedgerCommits

  const onLedger = yield* makeOnLedger

  const inForce = Effect.map(onLedger(presentTotals), ({ totals: { rules } }): RulesInForce => {
    return { ruleset_hash: rulesHash(rules), rules }
  }).pipe(Effect.withSpan("LedgerRules.inForce"))

  const change = Effect.fn("LedgerRules.change")((rules: Rules) =>
    onLedger(underFarmLock(changeTo(rules))).pipe(
      Effect.tap(({ event }) => (event === null ? Effect.void : announce)),
      Effect.uninterruptible
    )
  )

  return {
    inForce,
    /** Pays by these rules from the next proof on. Saying it again changes nothing. */
    change
  } as const
})

/** See the top of the file. */
export class LedgerRules extends Context.Service<LedgerRules>()("@farmops/core/farm/LedgerRules", { make }) {
  /** Needs the tables of `ledgerMigrations`. */
  static readonly layer: Layer.Layer<LedgerRules, never, LedgerSettings | SqlClient.SqlClient | TrackerKey> =
    Layer.effect(this, this.make).pipe(Layer.provide(LedgerCommits.layer))
}
