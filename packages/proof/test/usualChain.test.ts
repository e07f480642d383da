import { assert, describe, it } from "@effect/vitest"
import { agent, chain, recovery } from "../../../conformance/proof/sampleProofs.ts"
import { packId } from "../src/internal/proofIds.ts"
import { makeUsualChain } from "../src/internal/usualChain.ts"
import { nodeBackend } from "../src/NodeBackend.ts"
import { anchorOf, followsHead, headOf, makeChainVerifier, makeIds, verifyInChain } from "../src/verify.ts"

const [first = new Uint8Array(), second = new Uint8Array(), third = new Uint8Array()] = chain(3).map(({ text }) =>
  new TextEncoder().encode(text)
)
const anchor = anchorOf(agent.publicKey)
const key = Buffer.from(agent.publicKey, "hex")

/** Says yes to every signature, so that nothing but the walk and the links is left to refuse an edit. */
const credulous = { ...nodeBackend, verify: () => true }

const headAfter = (line: Uint8Array) => {
  const checked = verifyInChain(line, anchor, nodeBackend)
  if (!checked.ok) throw new Error(checked.fault.detail)
  const { agent, proof_id } = checked.value.proof
  return { head: headOf(checked.value), agentId: agent.agent_id, proofId: proof_id }
}
const { agentId, head, proofId } = headAfter(first)

const pastFirst = () => {
  const ids = makeIds()
  ids.add(packId(proofId))
  return { agentId, epochs: [{ firstSequence: 0, publicKey: agent.publicKey }], ids }
}

/** What the specification says of a record after the first, in its order and without the walk. */
const inTheLongWay = (line: Uint8Array) => {
  const checked = verifyInChain(line, anchor, credulous)
  if (!checked.ok) return checked.fault
  const linked = followsHead(head, checked.value.proof)
  if (!linked.ok) return linked.fault
  if (checked.value.proof.agent.agent_id !== agentId) return "wrong_agent"
  return checked.value.proof.proof_id === proofId ? "repeated_id" : headOf(checked.value)
}

const inTheChain = (line: Uint8Array) => {
  const verifier = makeChainVerifier(agent.publicKey, credulous, head, pastFirst())
  const fault = verifier.accept(line)
  assert.strictEqual(verifier.count(), fault === null ? 1 : 0)
  if (fault === null) return verifier.head()
  return fault.code === "wrong_agent" || fault.code === "repeated_id" ? fault.code : fault
}

const edits = function* (line: Uint8Array) {
  for (let at = 0; at < line.length; at++) {
    const here = line[at] ?? 0
    for (const byte of [0x22, 0x5c, here ^ 0x01, here ^ 0x80]) if (byte !== here) yield line.with(at, byte)
    yield new Uint8Array([...line.subarray(0, at), ...line.subarray(at + 1)])
    yield new Uint8Array([...line.subarray(0, at), here, ...line.subarray(at)])
  }
}

const afterFirst = () => {
  const usual = makeUsualChain(nodeBackend, pastFirst().ids)
  usual.put(head, agentId)
  return usual
}

describe("the walk along a chain", () => {
  it("takes ordinary records, so that what follows is about it", () => {
    const usual = afterFirst()
    assert.isTrue(usual.take(second, key))
    assert.isTrue(usual.take(new TextDecoder().decode(third), key))
    assert.deepStrictEqual(usual.head(), headAfter(third).head)
    assert.isFalse(usual.take(third, key))
  })

  it("takes nothing where it does not know whose chain it is, or what came before", () => {
    const usual = makeUsualChain(nodeBackend, pastFirst().ids)
    assert.isFalse(usual.take(second, key))
    for (const [before, who] of [
      [null, agentId],
      [head, null],
      [{ ...head, hash: "" }, agentId],
      [{ ...head, proofId: "" }, agentId],
      [{ ...head, sequence: 1 }, agentId],
      [head, head.proofId]
    ] as const) {
      usual.put(head, agentId)
      usual.put(before, who)
      assert.isFalse(usual.take(second, key))
      assert.deepStrictEqual(usual.head(), before)
    }
    usual.put(head, agentId)
    assert.isFalse(usual.take(second, Buffer.from(recovery.publicKey, "hex")))
    assert.isTrue(usual.take(second, key))
  })

  it("takes no id twice", () => {
    const { ids } = pastFirst()
    ids.add(packId(headAfter(second).proofId))
    const usual = makeUsualChain(nodeBackend, ids)
    usual.put(head, agentId)
    assert.isFalse(usual.take(second, key))
  })

  it("gives every record with one byte changed, left out or doubled the verdict of the long way", () => {
    let taken = 0
    for (const line of edits(second)) {
      const verdict = inTheChain(line)
      assert.deepStrictEqual<unknown>(verdict, inTheLongWay(line), new TextDecoder().decode(line))
      if (verdict !== null && typeof verdict === "object" && "hash" in verdict) taken++
    }
    assert.isAbove(taken, 300)
  })

  it("takes none of them whose signature is looked at", () => {
    const usual = afterFirst()
    for (const line of edits(second.subarray(-200))) {
      assert.isFalse(usual.take(new Uint8Array([...second.subarray(0, -200), ...line]), key))
    }
    assert.isTrue(usual.take(second, key))
  })

  it("keeps an anchor's unusable keys from passing unnoticed", () => {
    for (const recoveryKey of [agent.publicKey, "00".repeat(32)]) {
      const verifier = makeChainVerifier({ publicKey: agent.publicKey, recoveryKey }, nodeBackend, head, pastFirst())
      assert.strictEqual(verifier.accept(second)?.code, "bad_key")
    }
  })
})
