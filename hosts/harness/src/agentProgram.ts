/** Where the agent that comes with the harness lies: beside the bundle, or in the clone. */
import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"

/** The file to start with Node. */
export const agentProgram = (): string => {
  const beside = new URL("./issueTriageAgent.js", import.meta.url)
  return fileURLToPath(existsSync(beside) ? beside.href : import.meta.resolve("@farmops/agent-issue-triage/main"))
}
