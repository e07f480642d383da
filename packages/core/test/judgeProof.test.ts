import { assert, describe, it } from "@effect/vitest"
import * as Ed25519Node from "@farmops/proof/Ed25519Node"
import { nodeBackend } from "@farmops/proof/NodeBackend"
import { verifyProof } from "@farmops/proof/verify"
import { Effect } from "effect"
import { type AgentView, judgeProof } from "../src/farm/judgeProof.ts"
import { makeTestAgent } from "./proofFixture.ts"

const nothingKnown = { hasHash: () => false, hasId: () => false, hasKey: () => false, base: null }

const firstProof = Effect.gen(function* () {
  const agent = yield* makeTestAgent
  const publicKey = agent.key.publicKey
  const checked = verifyProof(yield* agent.next(), publicKey, nodeBackend)
  if (!checked.ok) return yield* Effect.die(checked.fault)
  const epochs = [{ branch: 0, firstSequence: 0, publicKey }]
  const view: AgentView = { status: "approved", recoveryKey: null, epochs, branch: 0, head: null }
  return { candidate: { checked: checked.value, publicKey }, view }
}).pipe(Effect.provide(Ed25519Node.layer))

const codeOf = (judged: ReturnType<typeof judgeProof>) => ("refusal" in judged ? judged.refusal.code : judged.verdict)

describe("judgeProof", () => {
  it.effect("goes by the agent's state in the transaction, not by the state when the signature was checked", () =>
    Effect.gen(function* () {
      const { candidate, view } = yield* firstProof
      assert.strictEqual(codeOf(judgeProof(candidate, view, nothingKnown)), "accept")
      assert.strictEqual(codeOf(judgeProof(candidate, null, nothingKnown)), "agent_unknown")
      for (const status of ["pending", "frozen", "revoked"] as const) {
        assert.strictEqual(codeOf(judgeProof(candidate, { ...view, status }, nothingKnown)), `agent_${status}`)
      }
    })
  )

  it.effect("refuses a signature under a key that is no longer the agent's at this place", () =>
    Effect.gen(function* () {
      const { candidate, view } = yield* firstProof
      const other = "0a".repeat(32)
      const [epoch] = view.epochs
      const replaced = { ...view, epochs: [{ branch: 1, firstSequence: 0, publicKey: other }] }
      assert.strictEqual(codeOf(judgeProof(candidate, replaced, nothingKnown)), "bad_signature")
      const later = { branch: 0, firstSequence: 1, publicKey: other }
      const rotated = { ...view, epochs: epoch === undefined ? [] : [epoch, later] }
      assert.strictEqual(codeOf(judgeProof(candidate, rotated, nothingKnown)), "accept")
    })
  )

  it.effect("takes no work that the recovery key signed", () =>
    Effect.gen(function* () {
      const { candidate, view } = yield* firstProof
      const epochs = [{ branch: 0, firstSequence: 0, publicKey: "0a".repeat(32) }]
      const recovery = { ...view, epochs, recoveryKey: candidate.publicKey }
      assert.strictEqual(codeOf(judgeProof(candidate, recovery, nothingKnown)), "bad_signature")
    })
  )

  it.effect("tells a revoked agent nothing of what the ledger holds, and a frozen one what it has", () =>
    Effect.gen(function* () {
      const { candidate, view } = yield* firstProof
      const known = { ...nothingKnown, hasHash: () => true, hasId: () => true }
      assert.strictEqual(codeOf(judgeProof(candidate, { ...view, status: "revoked" }, known)), "agent_revoked")
      assert.strictEqual(codeOf(judgeProof(candidate, { ...view, status: "frozen" }, known)), "already")
      assert.strictEqual(codeOf(judgeProof(candidate, view, known)), "already")
    })
  )
})
