import { assert, describe, it } from "@effect/vitest"
import { nodeBackend } from "@farmops/proof/NodeBackend"
import { makeSigningKey } from "@farmops/proof/SigningKey"
import { signStatement } from "@farmops/proof/signedStatement"
import { verifyChain } from "@farmops/proof/verify"
import { Effect, Stream } from "effect"
import { Ledger } from "../src/farm/Ledger.ts"
import { TrustStore } from "../src/farm/TrustStore.ts"
import { AgentKeyMismatch } from "../src/farm/trust/agentErrors.ts"
import { wireNow } from "../src/farm/wireTime.ts"
import { approvedRecoverableAgent, approvedTestAgent, onFarm } from "./farmLayers.ts"
import { makeTestAgent, rotationTo, signBody } from "./proofFixture.ts"
import { assertReplays, listed, refused, send, sendAll } from "./trustFixture.ts"

describe("a change of key", () => {
  it.effect("hands the chain over within one batch, and old proofs sent again are known", () =>
    onFarm(
      Effect.gen(function* () {
        const ledger = yield* Ledger
        const agent = yield* approvedTestAgent
        const first = agent.key.publicKey
        const lines = [
          ...(yield* agent.chain(2)),
          yield* agent.rotate(),
          ...(yield* agent.chain(2)),
          yield* agent.rotate(),
          yield* agent.rotate(),
          yield* agent.next()
        ]
        yield* sendAll(lines)
        assert.deepStrictEqual(yield* send(...lines), Array(8).fill("already"))
        for (const line of lines) assert.deepStrictEqual(yield* send(line), ["already"])
        const exported = yield* Stream.runCollect(yield* ledger.lines(agent.agentId))
        assert.deepStrictEqual([...exported], lines)
        const verdict = verifyChain(exported, first, nodeBackend)
        assert.deepInclude(verdict, { ok: true, count: 8 })
        const trust = yield* (yield* TrustStore).trust(agent.agentId)
        assert.deepStrictEqual(
          trust.epochs.map(({ first_sequence, present, public_key }) => ({ first_sequence, public_key, present })),
          verdict.ok
            ? verdict.epochs.map(({ firstSequence, publicKey }) => ({
                first_sequence: firstSequence,
                public_key: publicKey,
                present: true
              }))
            : []
        )
        assert.strictEqual((yield* (yield* TrustStore).get(agent.agentId)).public_key, agent.key.publicKey)
        yield* assertReplays
      })
    )
  )

  it.effect("earns nothing, tires nobody and is no day's work", () =>
    onFarm(
      Effect.gen(function* () {
        const ledger = yield* Ledger
        const agent = yield* approvedTestAgent
        yield* sendAll([yield* agent.rotate()])
        const farm = yield* ledger.farm
        assert.deepInclude(farm, { proofs: 1, total_coins: 0, bot_coins: 0, streak_days: 0, last_active: null })
        const [rotation] = yield* listed(agent.agentId)
        assert.deepInclude(rotation?.scoring_detail, {
          coins: 0,
          uncapped: 0,
          repeats_today: 0,
          reason: "key_rotation"
        })
        assert.deepStrictEqual(yield* ledger.daysAfter(""), [])
      })
    )
  )

  it.effect("retires the old key: it signs nothing new, and nobody enrols with it", () =>
    onFarm(
      Effect.gen(function* () {
        const trust = yield* TrustStore
        const agent = yield* approvedTestAgent
        const old = agent.key
        yield* sendAll([yield* agent.next(), yield* agent.rotate()])
        const body = JSON.parse(yield* agent.after(agent.head()))
        delete body.signature
        yield* refused(signBody(body, old).line, "bad_signature")
        const thief = yield* makeTestAgent
        const claim = yield* Effect.flip(trust.enroll(yield* makeEnrolment(thief.agentId, old)))
        assert.instanceOf(claim, AgentKeyMismatch)
        assert.instanceOf(yield* Effect.flip(trust.enroll(yield* makeEnrolment(agent.agentId, old))), AgentKeyMismatch)
        assert.strictEqual((yield* trust.enroll(yield* agent.enrolment)).status, "approved")
      })
    )
  )

  it.effect("needs the new key's possession, for this very place", () =>
    onFarm(
      Effect.gen(function* () {
        const agent = yield* approvedTestAgent
        const stranger = yield* makeSigningKey
        yield* sendAll(yield* agent.chain(2))
        const elsewhere = JSON.parse(yield* agent.after(null, rotationTo(stranger))).key_rotation.possession
        const moved = yield* agent.after(agent.head(), (proof) => {
          const rotated = rotationTo(stranger)(proof)
          const { new_public_key } = rotated.key_rotation ?? { new_public_key: "" }
          return { ...rotated, key_rotation: { new_public_key, possession: elsewhere } }
        })
        yield* refused(moved, "bad_possession")
        const work = yield* agent.after(agent.head(), (proof) => ({
          ...rotationTo(stranger)(proof),
          action: proof.action
        }))
        yield* refused(work, "rotation_mismatch")
      })
    )
  )

  it.effect("takes no key that was in use before, by this agent or another, nor the recovery key", () =>
    onFarm(
      Effect.gen(function* () {
        const agent = yield* approvedRecoverableAgent
        const other = yield* approvedTestAgent
        const waiting = yield* makeTestAgent
        yield* (yield* TrustStore).enroll(yield* waiting.enrolment)
        const first = agent.key
        yield* sendAll([yield* agent.next(), yield* agent.rotate(), yield* agent.next()])
        const head = agent.head()
        const reused = [first, agent.key, other.key, waiting.key, agent.recoveryKey ?? first]
        for (const key of reused) yield* refused(yield* agent.after(head, rotationTo(key)), "key_reused")
        // Two records of one batch may not bring the same key twice either.
        const fresh = yield* makeSigningKey
        const once = yield* agent.rotate(fresh)
        const twice = yield* other.rotate(fresh)
        assert.deepStrictEqual(yield* send(once, twice, yield* agent.next()), ["accepted", "key_reused", "accepted"])
        yield* assertReplays
      })
    )
  )

  it.effect("counts for the lines after it only where it is taken itself", () =>
    onFarm(
      Effect.gen(function* () {
        const agent = yield* approvedTestAgent
        const [first = "", second = ""] = yield* agent.chain(2)
        const rotation = yield* agent.rotate()
        const after = yield* agent.next()
        assert.deepStrictEqual(yield* send(first, rotation, after), ["accepted", "gap", "bad_signature"])
        assert.deepStrictEqual(yield* send(second, rotation, after), ["accepted", "accepted", "accepted"])
      })
    )
  )
})

const makeEnrolment = Effect.fnUntraced(function* (
  agentId: string,
  key: { readonly publicKey: string; readonly sign: (message: Uint8Array) => string }
) {
  const body = {
    agent_id: agentId,
    public_key: key.publicKey,
    recovery_public_key: null,
    cluster_alias: "test",
    requested_at: yield* wireNow
  }
  return { ...body, possession: signStatement(key, "farmops/enrolment/v1", body) }
})
