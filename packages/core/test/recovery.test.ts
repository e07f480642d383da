import { assert, describe, it } from "@effect/vitest"
import { nodeBackend } from "@farmops/proof/NodeBackend"
import { headOf, parseProof, verifyChain, verifyProof } from "@farmops/proof/verify"
import { Effect, Stream } from "effect"
import { Ledger } from "../src/farm/Ledger.ts"
import { TrustStore } from "../src/farm/TrustStore.ts"
import { approvedRecoverableAgent, approvedTestAgent, onFarm } from "./farmLayers.ts"
import { dumpLedger } from "./ledgerDump.ts"
import { rotationTo, signBody, type TestAgent } from "./proofFixture.ts"
import { assertReplays, listed, refused, send, sendAll } from "./trustFixture.ts"

const headAfter = (line: string, publicKey: string) => {
  const checked = verifyProof(line, publicKey, nodeBackend)
  return checked.ok ? headOf(checked.value) : assert.fail(checked.fault.code)
}

const exportOf = Effect.fnUntraced(function* (agent: TestAgent) {
  return [...(yield* Stream.runCollect(yield* (yield* Ledger).lines(agent.agentId)))]
})

/** A chain of six, of which a thief who held the key signed the last four, and in the third of these went over to a key of their own. */
const stolen = Effect.gen(function* () {
  const agent = yield* approvedRecoverableAgent
  const enrolled = agent.key.publicKey
  const own = yield* agent.chain(2)
  const base = agent.head()
  const thieves = [...(yield* agent.chain(2)), yield* agent.rotate(), yield* agent.next()]
  yield* sendAll([...own, ...thieves])
  return { agent, enrolled, own, base, thieves }
})

describe("a recovery", () => {
  it.effect("takes the chain back to an earlier place and voids what came after it, coins and all", () =>
    onFarm(
      Effect.gen(function* () {
        const ledger = yield* Ledger
        const { agent, base, enrolled, own, thieves } = yield* stolen
        const bystander = yield* approvedTestAgent
        yield* sendAll(yield* bystander.chain(3))
        const before = yield* listed(agent.agentId)
        const recovery = yield* agent.recover(base)
        const again = [yield* agent.next(), yield* agent.next()]
        yield* sendAll([recovery, ...again])

        const after = yield* listed(agent.agentId)
        assert.deepStrictEqual(
          after.map((one) => [one.proof.sequence, one.void, one.coins > 0]),
          [
            [0, null, true],
            [1, null, true],
            [2, "recovery", false],
            [3, "recovery", false],
            [4, "recovery", false],
            [5, "recovery", false],
            [2, null, false],
            [3, null, true],
            [4, null, true]
          ]
        )
        assert.isTrue(before.slice(2, 4).every(({ coins }) => coins > 0))
        assert.strictEqual(after[2]?.scoring_detail.reason, "void")
        const chain = [...own, recovery, ...again]
        assert.deepStrictEqual(yield* exportOf(agent), chain)
        const anchor = { publicKey: enrolled, recoveryKey: agent.recoveryKey?.publicKey ?? null }
        assert.deepInclude(verifyChain(chain, anchor, nodeBackend), { ok: true, count: 5 })

        const farm = yield* ledger.farm
        const all = [...after, ...(yield* listed(bystander.agentId))]
        assert.strictEqual(farm.proofs, 12)
        assert.strictEqual(
          farm.total_coins,
          all.reduce((sum, { coins }) => sum + coins, 0)
        )
        // Four void proofs, and a recovery that is no person's work.
        assert.strictEqual(
          farm.categories.reduce((sum, { total_proofs }) => sum + total_proofs, 0),
          7
        )
        yield* assertReplays
        for (const line of chain) assert.deepStrictEqual(yield* send(line), ["already"])
        assert.deepStrictEqual(yield* send(thieves[0] ?? ""), ["already"])
      })
    )
  )

  it.effect("pays the proofs that stay as if the void ones had never tired anybody", () =>
    onFarm(
      Effect.gen(function* () {
        const agent = yield* approvedRecoverableAgent
        const other = yield* approvedTestAgent
        // Fatigue sets in after four proofs of one kind on one day.
        yield* sendAll(yield* agent.chain(4))
        yield* sendAll([yield* other.next()])
        const [tired] = yield* listed(other.agentId)
        assert.deepInclude(tired?.scoring_detail, { repeats_today: 5, fatigue: 500 })
        yield* sendAll([yield* agent.recover(null)])
        const [rested] = yield* listed(other.agentId)
        assert.deepInclude(rested?.scoring_detail, { repeats_today: 1, fatigue: 1000 })
        assert.isAbove(rested?.coins ?? 0, tired?.coins ?? 0)
        yield* assertReplays
      })
    )
  )

  it.effect("ends the keys of the history that it leaves behind, for good", () =>
    onFarm(
      Effect.gen(function* () {
        const { agent, base, enrolled, thieves } = yield* stolen
        const theirs = agent.key
        yield* sendAll([yield* agent.recover(base), yield* agent.next()])
        const trust = yield* (yield* TrustStore).trust(agent.agentId)
        assert.deepStrictEqual(
          trust.epochs.map(({ branch, first_sequence, present, public_key }) => [
            branch,
            first_sequence,
            present,
            public_key
          ]),
          [
            [0, 0, true, enrolled],
            [0, 5, false, theirs.publicKey],
            [1, 3, true, agent.key.publicKey]
          ]
        )
        assert.deepInclude(trust, { branch: 1, void: { recovery: 4, revocation: 0 }, status: "approved" })
        const last = JSON.parse(thieves.at(-1) ?? "")
        const { signature: _, ...body } = JSON.parse(
          yield* agent.after({ sequence: 5, proofId: last.proof_id, hash: "00".repeat(32) })
        )
        yield* refused(signBody(body, theirs).line, "bad_signature")
        const { signature: __, ...next } = JSON.parse(yield* agent.after(agent.head()))
        yield* refused(signBody(next, theirs).line, "bad_signature")
        yield* refused(yield* agent.after(agent.head(), () => rotationTo(theirs)(next)), "key_reused")
      })
    )
  )

  it.effect("may come at the end of the chain, at its beginning, and again", () =>
    onFarm(
      Effect.gen(function* () {
        const trust = yield* TrustStore
        const agent = yield* approvedRecoverableAgent
        const branches: Array<number> = []
        const note = Effect.gen(function* () {
          branches.push((yield* trust.get(agent.agentId)).branch)
          yield* assertReplays
        })
        yield* sendAll(yield* agent.chain(3))
        // At the end nothing is voided, so the branch stays.
        yield* sendAll([yield* agent.recover(agent.head()), yield* agent.next()])
        yield* note
        yield* sendAll([yield* agent.recover(null)])
        const first = agent.head()
        yield* sendAll([yield* agent.next(), yield* agent.next()])
        yield* note
        // Of one batch, the second takes back what came before it in the same batch.
        const before = yield* agent.next()
        yield* sendAll([before, yield* agent.recover(first), yield* agent.next(), yield* agent.recover(first)])
        yield* note
        yield* sendAll([yield* agent.rotate(), yield* agent.next()])
        // Known already, it says nothing about the lines after it.
        const last = (yield* exportOf(agent)).slice(-1)
        const known = (yield* exportOf(agent)).slice(1, 2)
        assert.deepStrictEqual(yield* send(...known, ...last), ["already", "already"])
        assert.deepStrictEqual(branches, [0, 1, 3])
        const anchor = {
          publicKey: (yield* trust.trust(agent.agentId)).epochs[0]?.public_key ?? "",
          recoveryKey: agent.recoveryKey?.publicKey ?? null
        }
        assert.deepInclude(verifyChain(yield* exportOf(agent), anchor, nodeBackend), { ok: true, count: 4 })
      })
    )
  )

  it.effect("follows a proof of the present chain, and of no other", () =>
    onFarm(
      Effect.gen(function* () {
        const { agent, base, thieves } = yield* stolen
        yield* sendAll([yield* agent.recover(base), ...(yield* agent.chain(2))])
        const head = agent.head()
        const [theirs = ""] = thieves
        const parsed = parseProof(theirs)
        const at = parsed.ok ? parsed.value.proof : assert.fail(parsed.fault.code)
        const left = { sequence: at.sequence, proofId: at.proof_id, hash: "11".repeat(32) }
        yield* refused(yield* agent.recover(left), "wrong_parent")
        yield* refused(yield* agent.recover({ sequence: 40, proofId: left.proofId, hash: left.hash }), "gap")
        assert.strictEqual((yield* (yield* TrustStore).get(agent.agentId)).head?.hash, head?.hash)
      })
    )
  )

  it.effect("is none without a recovery key, or by anybody else's", () =>
    onFarm(
      Effect.gen(function* () {
        const plain = yield* approvedTestAgent
        const agent = yield* approvedRecoverableAgent
        const other = yield* approvedRecoverableAgent
        yield* sendAll([...(yield* plain.chain(3)), ...(yield* agent.chain(3))])
        const base = headAfter((yield* exportOf(agent))[0] ?? "", agent.key.publicKey)
        const { signature: _, ...body } = JSON.parse(yield* agent.after(base, rotationTo(other.key)))
        yield* refused(signBody(body, other.recoveryKey ?? other.key).line, "bad_signature")
        const before = yield* dumpLedger
        // Its own key may only go on at the end: anything else is a fork.
        assert.deepStrictEqual(yield* send(yield* plain.recover(null)), ["forked"])
        assert.deepStrictEqual((yield* dumpLedger).tracker_proof, before.tracker_proof)
      })
    )
  )
})
