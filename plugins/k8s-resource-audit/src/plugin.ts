/** `farmops/k8s-resource-audit`: verifies that containers got requests and limits, and lost privileges they should not have. */
import { definePlugin, rejected } from "@farmops/plugin-sdk/author/definePlugin"
import { Configuration, Event, fields, Memory, resources } from "./events.ts"
import { subcategories, templates, verifyChange } from "./verify.ts"

/** The plugin, to be served by `main.ts` or run in process. */
export const k8sResourceAudit = definePlugin({
  id: "farmops/k8s-resource-audit",
  version: "0.1.0",
  description:
    "Verifies that containers got resource requests and limits, and lost privileges that they should not have.",
  categories: ["security", "reliability"],
  sources: {
    kubernetes: {
      data: Event,
      fields,
      permissions: resources.flatMap((resource) => ["get", "list", "watch"].map((verb) => `${verb} ${resource}`))
    }
  },
  configuration: Configuration,
  memory: Memory,
  templates,
  subcategories,
  verify: ({ configuration, data, memory, remember }) => {
    if (!("object" in data)) return rejected("this is no event of a workload's template")
    const outcome = verifyChange(data, memory, configuration)
    return remember(outcome.verdict, outcome.memory)
  }
})
