/** Writes the JSON Schemas of the agent protocol, for agents in other languages, from the schemas that decode them. `checkGenerated.ts` fails when a committed one differs. */
import { writeFileSync } from "node:fs"
import { AgentHealth } from "@farmops/triage/protocol/agentWire"
import { Decision } from "@farmops/triage/protocol/Decision"
import { Task } from "@farmops/triage/protocol/Task"
import { Schema } from "effect"

/** Where they lie, from the repository's root. */
export const agentSchemaGlob = "docs/protocol/agent-v0.*.schema.json"

const spell = (title: string, schema: Schema.Constraint, onExcessProperty: "error" | "ignore") => {
  const document = Schema.toJsonSchemaDocument(schema, { onExcessProperty })
  const $defs = Object.keys(document.definitions).length === 0 ? {} : { $defs: document.definitions }
  const whole = { $schema: "https://json-schema.org/draft/2020-12/schema", title, ...document.schema, ...$defs }
  return `${JSON.stringify(whole, null, 2)}\n`
}

/** Each as it must be, by its path. */
export const makeAgentSchemas = (): ReadonlyMap<string, string> =>
  new Map([
    ["docs/protocol/agent-v0.task.schema.json", spell("A task, version 0", Task, "error")],
    ["docs/protocol/agent-v0.decision.schema.json", spell("A decision, version 0", Decision, "error")],
    ["docs/protocol/agent-v0.health.schema.json", spell("What an agent says of itself", AgentHealth, "ignore")]
  ])

if (import.meta.main) {
  const schemas = makeAgentSchemas()
  for (const [path, text] of schemas) writeFileSync(path, text)
  console.log(`agent protocol: ${schemas.size} schemas`)
}
