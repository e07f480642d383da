/** What an agent's environment may hold: what the owner lists, and never a token of GitHub's, whatever it is called. Pure. */
import { AgentStartFailed } from "./AgentRun.ts"

const tokenNames = /^(?:GH|GITHUB)_(?:TOKEN|PAT)$|^GITHUB_.*(?:TOKEN|KEY|SECRET)/i

/** How GitHub's tokens begin. */
const tokenValues = /\b(?:gh[opsur]_|github_pat_)[A-Za-z0-9_]/

/** Null where nothing is wrong. Names the variable, never its value. */
export const faultOfEnvironment = (
  agent: string,
  environment: Readonly<Record<string, string>>
): AgentStartFailed | null => {
  const found = Object.entries(environment).find(([name, value]) => tokenNames.test(name) || tokenValues.test(value))
  if (found === undefined) return null
  const reason = `${found[0]} is or holds a token of GitHub's, which no agent gets; take it out of the agent's environment`
  return new AgentStartFailed({ agent, reason, permanent: true })
}
