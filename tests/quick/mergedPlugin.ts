/** A plugin for tests: says of each merged pull request that it was merged, and fails for as long as a file is there. */
import { existsSync } from "node:fs"
import { definePlugin, rejected, verified } from "@farmops/plugin-sdk/author/definePlugin"
import { servePlugin } from "@farmops/plugin-sdk/author/servePlugin"
import { Schema } from "effect"

const Event = Schema.Struct({
  event: Schema.String,
  payload: Schema.Struct({
    action: Schema.String,
    pull_request: Schema.Struct({ merged: Schema.Boolean, title: Schema.optionalKey(Schema.String) })
  })
})

const merged = definePlugin({
  id: "example/merged",
  version: "1.0.0",
  description: "For tests.",
  categories: ["toil"],
  sources: {
    github: { data: Event, fields: ["/event", "/payload/action", "/payload/pull_request/merged"] }
  },
  templates: ["Merged a pull request after {opened} events"],
  memory: Schema.Struct({ events: Schema.Int }),
  verify: ({ data, memory, remember }) => {
    if (existsSync(process.argv[2] ?? "")) throw new Error("down")
    // More than was asked for would be here: the agent sends no titles.
    if (data.payload.pull_request.title !== undefined) return rejected("it was told too much")
    const events = (memory?.events ?? 0) + 1
    if (!data.payload.pull_request.merged) return remember(rejected("not merged"), { events })
    return remember(
      verified({
        action: "deploy",
        category: "toil",
        description: `Merged a pull request after ${events} events`,
        complexity: "low",
        impactRadius: 1,
        artifactsTouched: 1,
        evidence: data
      }),
      null
    )
  }
})

await servePlugin(merged, process.env)
