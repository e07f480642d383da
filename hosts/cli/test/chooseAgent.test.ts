import { Option } from "effect"
import { describe, expect, it } from "vitest"
import { chooseAgent } from "../src/agents.ts"
import { CommandFailed } from "../src/CommandFailed.ts"

const agent = (agent_id: string) => ({
  agent_id,
  status: "approved" as const,
  public_key: "00".repeat(32),
  fingerprint: "f",
  cluster_alias: "local",
  waiting_proofs: 0
})
const one = agent("1111aaaa-0000-4000-8000-000000000000")
const two = agent("1111bbbb-0000-4000-8000-000000000000")
const code = (chosen: unknown) => (chosen instanceof CommandFailed ? [chosen.code, chosen.exitCode] : chosen)

describe("chooseAgent", () => {
  it("takes the only agent when none is named", () => {
    expect(chooseAgent([one], Option.none())).toBe(one)
  })
  it("refuses to guess between several and names them", () => {
    const chosen = chooseAgent([one, two], Option.none())
    expect(code(chosen)).toEqual(["several_agents", 64])
    expect((chosen as CommandFailed).detail).toContain(one.agent_id)
    expect((chosen as CommandFailed).detail).toContain(two.agent_id)
  })
  it("takes the beginning of an id when it means one agent", () => {
    expect(chooseAgent([one, two], Option.some("1111B"))).toBe(two)
    expect(code(chooseAgent([one, two], Option.some("1111")))).toEqual(["ambiguous_agent", 64])
    expect(code(chooseAgent([one, two], Option.some("2")))).toEqual(["unknown_agent", 64])
    expect(code(chooseAgent([one, two], Option.some("")))).toEqual(["unknown_agent", 64])
  })
  it("says that no agent has enrolled", () => {
    expect(code(chooseAgent([], Option.none()))).toEqual(["no_agent", 69])
  })
})
