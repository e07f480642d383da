/** Where the agent that comes with the harness lies: beside the bundle, or in the clone. */
import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"

/** What Node is started with. */
export const agentArguments = (): ReadonlyArray<string> => {
  const beside = new URL("./issueTriageAgent.js", import.meta.url)
  if (existsSync(beside)) return [fileURLToPath(beside)]
  return ["--conditions=@farmops/source", fileURLToPath(import.meta.resolve("@farmops/agent-issue-triage/main"))]
}
