/** Verifies that a check which failed is green again: a failure that this agent saw, and then a success. */
import { definePlugin, rejected, verified } from "@farmops/plugin-sdk/author/definePlugin"
import { fillTemplate } from "@farmops/plugin-sdk/author/fillTemplate"
import { Schema } from "effect"

const templates = { repaired: "Repaired a check that had failed {failures} times" }

export const plugin = definePlugin({
  id: "example/my-plugin",
  version: "0.1.0",
  description: "Verifies that a check which failed is green again.",
  categories: ["reliability"],
  sources: {
    // Only what `fields` names is sent to this program.
    command: { data: Schema.Struct({ exit_code: Schema.Int }), fields: ["/exit_code"] }
  },
  // Every sentence that may leave the cluster. A slot holds a whole number, so no name can get in.
  templates: Object.values(templates),
  subcategories: ["check"],
  // What is remembered between two runs of the same check.
  memory: Schema.Struct({ failures: Schema.Int }),
  verify: ({ data, memory, remember }) => {
    const failures = memory?.failures ?? 0
    if (data.exit_code !== 0) return remember(rejected("the check fails"), { failures: failures + 1 })
    if (failures === 0) return rejected("nothing was wrong")
    const verdict = verified({
      action: "fix",
      category: "reliability",
      subcategory: "check",
      description: fillTemplate(templates.repaired, { failures }),
      complexity: failures > 10 ? "medium" : "low",
      impactRadius: 2,
      artifactsTouched: 1,
      evidence: { failures }
    })
    return remember(verdict, null)
  }
})
