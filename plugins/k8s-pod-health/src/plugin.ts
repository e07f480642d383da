/** `farmops/k8s-pod-health`: verifies the health of pods, and that an unhealthy workload became healthy again and stayed so. */
import { definePlugin, rejected } from "@farmops/plugin-sdk/author/definePlugin"
import { Configuration, Event, fields, Memory } from "./events.ts"
import { templates } from "./templates.ts"
import { subcategories, verifySweep, verifyWorkload } from "./verify.ts"

/** The plugin, to be served by `main.ts` or run in process. */
export const k8sPodHealth = definePlugin({
  id: "farmops/k8s-pod-health",
  version: "0.1.0",
  description:
    "Verifies the health of a cluster's pods, and that an unhealthy workload became healthy again and stayed so.",
  categories: ["maintenance", "reliability"],
  sources: { kubernetes: { data: Event, fields, permissions: ["get pods", "list pods", "watch pods"] } },
  configuration: Configuration,
  memory: Memory,
  templates,
  subcategories,
  verify: ({ configuration, data, memory, remember }) => {
    if (data.kind === "sweep") {
      const outcome = verifySweep(data, memory?.kind === "sweep" ? memory : null, configuration)
      return remember(outcome.verdict, outcome.memory)
    }
    if (data.kind === "workload") {
      const outcome = verifyWorkload(data, memory?.kind === "workload" ? memory : null, configuration)
      return remember(outcome.verdict, outcome.memory)
    }
    return rejected("this is no event of pods")
  }
})
