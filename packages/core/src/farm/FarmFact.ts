/**
 * The events of the ledger that scores and sums depend on: what the owner bought, by which rules work is paid, in which time
 * zone days are counted, and what seasons there were.
 */
import { ProofHash } from "@farmops/proof/FarmProof"
import { Schema } from "effect"
import { ZoneChange } from "../scoring/LedgerCalendar.ts"
import { Rules } from "../scoring/Rules.ts"
import { EconomyFact } from "./economy/EconomyFact.ts"
import { SeasonOpened } from "./seasons/FarmSeason.ts"

/** Other rules pay every proof after this. What was paid before stays paid. */
export const rulesChanged = {
  kind: Schema.Literal("rules_changed"),
  rules: Rules,
  /** `rulesHash` of the rules, as each score names it. */
  ruleset_hash: ProofHash
}

/** Days are counted in another zone once the present one is over; see `LedgerCalendar`. */
export const timeZoneChanged = { kind: Schema.Literal("time_zone_changed"), ...ZoneChange.fields }

/** See the top of the file. */
export const FarmFact = Schema.Union([
  EconomyFact,
  Schema.Struct(rulesChanged),
  Schema.Struct(timeZoneChanged),
  SeasonOpened
])

/** See the schema of the same name. */
export type FarmFact = typeof FarmFact.Type

/** Whether a fact is about what is owned. */
export const isEconomyFact = (fact: FarmFact): fact is EconomyFact =>
  fact.kind === "item_bought" || fact.kind === "item_refunded" || fact.kind === "item_used"

/** Their kinds. All other events leave scores and sums as they are. */
export const farmFactKinds: ReadonlyArray<FarmFact["kind"]> = [
  "item_bought",
  "item_refunded",
  "item_used",
  "rules_changed",
  "time_zone_changed",
  "season_opened"
]
