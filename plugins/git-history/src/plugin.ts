/** `farmops/git-history`: verifies that commits, merges and tags really reached a repository's default branch. */
import { definePlugin } from "@farmops/plugin-sdk/author/definePlugin"
import { Schema } from "effect"
import { subcategories, templates, verifyGitEvent } from "./verify.ts"

/** The plugin, to be served by `main.ts` or run in process. */
export const gitHistory = definePlugin({
  id: "farmops/git-history",
  version: "0.1.0",
  description: "Verifies that commits, merges and tags really reached a repository's default branch.",
  categories: ["maintenance", "toil", "reliability", "security", "upgrade"],
  sources: { git: { data: Schema.Unknown } },
  templates,
  subcategories,
  verify: ({ data }) => verifyGitEvent(data)
})
