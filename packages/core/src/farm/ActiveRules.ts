/** The rules under which this tracker pays from now on. What was paid before keeps the rules that its `ruleset_hash` names. */
import { Context } from "effect"
import { defaultRules, type Rules } from "../scoring/Rules.ts"

/** The default rules unless a layer provides others. */
export const ActiveRules = Context.Reference<Rules>("@farmops/core/farm/ActiveRules", {
  defaultValue: () => defaultRules
})
