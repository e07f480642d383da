/** `farmops/git-pr-review`: verifies that pull requests were reviewed and merged by somebody else than their author. */
import { definePlugin } from "@farmops/plugin-sdk/author/definePlugin"
import { Configuration, Delivery, fields, Memory } from "./events.ts"
import { subcategories, templates, verifyDelivery } from "./verify.ts"

/** The plugin, to be served by `main.ts` or run in process. */
export const gitPrReview = definePlugin({
  id: "farmops/git-pr-review",
  version: "0.1.0",
  description: "Verifies that pull requests were reviewed and merged by somebody else than their author.",
  categories: ["maintenance"],
  sources: {
    github: { data: Delivery, fields, permissions: ["pull_request", "pull_request_review"] },
    gitea: { data: Delivery, fields, permissions: ["pull_request", "pull_request_review"] }
  },
  configuration: Configuration,
  memory: Memory,
  templates,
  subcategories,
  verify: ({ configuration, data, memory, remember, source }) => {
    const outcome = verifyDelivery(source, data, memory, configuration)
    return remember(outcome.verdict, outcome.memory)
  }
})
