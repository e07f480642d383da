import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { approveAgent, dropAgentKeys, listAgents, newAgentKey } from "../src/agents.ts"
import { rotateTokenAt } from "../src/trackerToken.ts"
import { servedFarm } from "./servedFarm.ts"

describe("the commands about who comes through the tracker's door", () => {
  it.live("list what waits, and say the fingerprint that was approved", () =>
    Effect.gen(function* () {
      const run = yield* servedFarm
      const { agents } = JSON.parse((yield* run(listAgents, true)).out)
      assert.deepInclude(agents[0], { status: "approved", waiting_proofs: 0 })
      const table = (yield* run(listAgents)).out
      assert.match(table, /waiting\s+fingerprint/)
      const { agent_id, fingerprint } = agents[0]
      assert.strictEqual(
        (yield* run(approveAgent(agent_id))).out,
        `${agent_id} is approved; its key's fingerprint is ${fingerprint}\n`
      )
    }).pipe(Effect.scoped)
  )

  it.live("show an agent's new key once, on stdout alone, and take keys back", () =>
    Effect.gen(function* () {
      const run = yield* servedFarm
      const { agents } = JSON.parse((yield* run(listAgents, true)).out)
      const { agent_id } = agents[0]
      const issued = yield* run(newAgentKey(agent_id))
      assert.match(issued.out, /^farmops_agent_[0-9a-f]{64}\n$/)
      assert.notInclude(issued.err, issued.out.trim())
      assert.deepInclude(JSON.parse((yield* run(newAgentKey(agent_id), true)).out), { agent_id })
      assert.strictEqual((yield* run(dropAgentKeys(agent_id))).out, `2 keys of ${agent_id} no longer open anything\n`)
      const refused = yield* Effect.flip(run(newAgentKey(agent_id), false, false))
      assert.deepInclude(refused, { code: "no_owner_token" })
    }).pipe(Effect.scoped)
  )

  it.live("rotate the owner's token: the one before opens nothing", () =>
    Effect.gen(function* () {
      const run = yield* servedFarm
      assert.match((yield* run(rotateTokenAt())).out, /^[0-9a-f]{64}\n$/)
      assert.deepInclude(yield* Effect.flip(run(rotateTokenAt())), { code: "owner_token_required" })
    }).pipe(Effect.scoped)
  )
})
