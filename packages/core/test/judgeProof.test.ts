import { assert, describe, it } from "@effect/vitest"
import * as Ed25519Node from "@farmops/proof/Ed25519Node"
import { nodeBackend } from "@farmops/proof/NodeBackend"
import { verifyProof } from "@farmops/proof/verify"
import { Effect } from "effect"
import { type AgentView, judgeProof } from "../src/farm/judgeProof.ts"
import { makeTestAgent } from "./proofFixture.ts"

const nothingKnown = { hasHash: () => false, hasId: () => false }

const firstProof = Effect.gen(function* () {
  const agent = yield* makeTestAgent
  const checked = verifyProof(yield* agent.next(), agent.key.publicKey, nodeBackend)
  if (!checked.ok) return yield* Effect.die(checked.fault)
  const view: AgentView = { status: "approved", publicKey: agent.key.publicKey, head: null }
  return { checked: checked.value, view, key: agent.key.publicKey }
}).pipe(Effect.provide(Ed25519Node.layer))

const codeOf = (judged: ReturnType<typeof judgeProof>) =>
  judged.verdict === "refuse" ? judged.refusal.code : judged.verdict

describe("judgeProof", () => {
  it.effect("goes by the agent's state in the transaction, not by the state when the signature was checked", () =>
    Effect.gen(function* () {
      const { checked, key, view } = yield* firstProof
      assert.strictEqual(codeOf(judgeProof(checked, key, view, nothingKnown)), "accept")
      assert.strictEqual(codeOf(judgeProof(checked, key, null, nothingKnown)), "agent_unknown")
      for (const status of ["pending", "revoked"] as const) {
        assert.strictEqual(codeOf(judgeProof(checked, key, { ...view, status }, nothingKnown)), `agent_${status}`)
      }
    })
  )

  it.effect("refuses a signature under a key that is no longer the agent's", () =>
    Effect.gen(function* () {
      const { checked, key, view } = yield* firstProof
      const rotated = { ...view, publicKey: "00".repeat(32) }
      assert.strictEqual(codeOf(judgeProof(checked, key, rotated, nothingKnown)), "bad_signature")
    })
  )

  it.effect("tells a revoked agent nothing of what the ledger holds", () =>
    Effect.gen(function* () {
      const { checked, key, view } = yield* firstProof
      const known = { hasHash: () => true, hasId: () => true }
      assert.strictEqual(codeOf(judgeProof(checked, key, { ...view, status: "revoked" }, known)), "agent_revoked")
      assert.strictEqual(codeOf(judgeProof(checked, key, view, known)), "already")
    })
  )
})
