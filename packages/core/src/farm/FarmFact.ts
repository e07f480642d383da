/** The events of the ledger that scores and sums depend on: what the owner bought and by which rules work is paid. */
import { ProofHash } from "@farmops/proof/FarmProof"
import { Schema } from "effect"
import { Rules } from "../scoring/Rules.ts"
import { EconomyFact } from "./economy/EconomyFact.ts"

/** Other rules pay every proof after this. What was paid before stays paid. */
export const rulesChanged = {
  kind: Schema.Literal("rules_changed"),
  rules: Rules,
  /** `rulesHash` of the rules, as each score names it. */
  ruleset_hash: ProofHash
}

/** See the top of the file. */
export const FarmFact = Schema.Union([EconomyFact, Schema.Struct(rulesChanged)])

/** See the schema of the same name. */
export type FarmFact = typeof FarmFact.Type

/** Their kinds. All other events leave scores and sums as they are. */
export const farmFactKinds: ReadonlyArray<FarmFact["kind"]> = [
  "item_bought",
  "item_refunded",
  "item_used",
  "rules_changed"
]
