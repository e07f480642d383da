/** `farmops/prometheus-alert-resolve`: verifies that an alert fired, was acknowledged by a silence and was resolved. */
import { definePlugin } from "@farmops/plugin-sdk/author/definePlugin"
import { Alert, Configuration, fields, Memory } from "./events.ts"
import { subcategories, templates, verifyAlert } from "./verify.ts"

/** The plugin, to be served by `main.ts` or run in process. */
export const prometheusAlertResolve = definePlugin({
  id: "farmops/prometheus-alert-resolve",
  version: "0.1.0",
  description: "Verifies that an alert fired, was acknowledged by a silence and was resolved.",
  categories: ["incident"],
  sources: { prometheus: { data: Alert, fields, permissions: ["read alerts", "read silences"] } },
  configuration: Configuration,
  memory: Memory,
  templates,
  subcategories,
  verify: ({ configuration, data, memory, remember }) => {
    const outcome = verifyAlert(data, memory, configuration)
    return remember(outcome.verdict, outcome.memory)
  }
})
