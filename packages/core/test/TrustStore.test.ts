import { assert, describe, it } from "@effect/vitest"
import { farmSaltToHex } from "@farmops/proof/FarmSalt"
import { signStatement } from "@farmops/proof/signedStatement"
import { Effect, Schema } from "effect"
import { TestClock } from "effect/testing"
import { EnrolmentRequest } from "../src/farm/Enrolment.ts"
import { LedgerSettings } from "../src/farm/LedgerSettings.ts"
import { ProofIntake } from "../src/farm/ProofIntake.ts"
import { TrustStore } from "../src/farm/TrustStore.ts"
import {
  AgentKeyMismatch,
  AgentRevoked,
  AgentUnknown,
  EnrolmentsFull,
  PossessionUnproved
} from "../src/farm/trust/agentErrors.ts"
import { waitingMax } from "../src/farm/trust/enrollAgent.ts"
import { approvedTestAgent, onFarm } from "./farmLayers.ts"
import { makeRecoverableAgent, makeTestAgent } from "./proofFixture.ts"

describe("TrustStore", () => {
  it.effect("keeps an agent waiting, without the salt, until the owner approves it", () =>
    onFarm(
      Effect.gen(function* () {
        const trust = yield* TrustStore
        const settings = yield* LedgerSettings
        const agent = yield* makeTestAgent
        const asked = yield* trust.enroll(yield* agent.enrolment)
        assert.deepStrictEqual(asked, {
          agent_id: agent.agentId,
          status: "pending",
          fingerprint: agent.key.fingerprint,
          farm_salt: null,
          head: null,
          waiting_proofs: 0
        })
        assert.strictEqual((yield* trust.approve(agent.agentId)).status, "approved")
        const answered = yield* trust.enroll(yield* agent.enrolment)
        assert.strictEqual(answered.status, "approved")
        assert.strictEqual(answered.farm_salt, farmSaltToHex(settings.farmSalt))
      })
    )
  )

  it.effect("tells an agent where its chain stands", () =>
    onFarm(
      Effect.gen(function* () {
        const trust = yield* TrustStore
        const intake = yield* ProofIntake
        const agent = yield* approvedTestAgent
        yield* intake.acceptBatch(yield* agent.chain(3))
        const head = agent.head()
        assert.deepStrictEqual((yield* trust.enroll(yield* agent.enrolment)).head, {
          sequence: 2,
          proof_id: head?.proofId ?? "",
          hash: head?.hash ?? ""
        })
      })
    )
  )

  it.effect("refuses a second key for an agent and a second agent for a key", () =>
    onFarm(
      Effect.gen(function* () {
        const trust = yield* TrustStore
        const agent = yield* makeTestAgent
        const other = yield* makeTestAgent
        const request = yield* agent.enrolment
        yield* trust.enroll(request)
        const claim = (key: typeof agent.key, agent_id: string) => {
          const body = { ...request, agent_id, public_key: key.publicKey }
          const { possession: _, ...signed } = body
          return trust.enroll({ ...body, possession: signStatement(key, "farmops/enrolment/v1", signed) })
        }
        assert.instanceOf(yield* Effect.flip(claim(other.key, agent.agentId)), AgentKeyMismatch)
        assert.instanceOf(yield* Effect.flip(claim(agent.key, other.agentId)), AgentKeyMismatch)
        assert.strictEqual((yield* trust.list).length, 1)
      })
    )
  )

  it.effect("fixes the recovery key with the first request", () =>
    onFarm(
      Effect.gen(function* () {
        const trust = yield* TrustStore
        const agent = yield* makeRecoverableAgent
        const plain = yield* makeTestAgent
        const other = yield* makeTestAgent
        const claim = Effect.fnUntraced(function* (of: typeof agent, recovery_public_key: string | null) {
          const { possession: _, ...body } = { ...(yield* of.enrolment), recovery_public_key }
          return yield* trust.enroll({ ...body, possession: signStatement(of.key, "farmops/enrolment/v1", body) })
        })
        yield* trust.enroll(yield* agent.enrolment)
        yield* trust.enroll(yield* plain.enrolment)
        assert.instanceOf(yield* Effect.flip(claim(agent, null)), AgentKeyMismatch)
        assert.instanceOf(yield* Effect.flip(claim(agent, other.key.publicKey)), AgentKeyMismatch)
        assert.instanceOf(yield* Effect.flip(claim(plain, other.key.publicKey)), AgentKeyMismatch)
        const { recovery_public_key } = yield* trust.get(agent.agentId)
        assert.strictEqual(recovery_public_key, agent.recoveryKey?.publicKey)
        assert.strictEqual((yield* trust.enroll(yield* agent.enrolment)).status, "pending")
        const isRequest = Schema.is(EnrolmentRequest)
        const request = yield* agent.enrolment
        assert.isTrue(isRequest(request))
        assert.isFalse(isRequest({ ...request, recovery_public_key: request.public_key }))
      })
    )
  )

  it.effect("refuses a request that another key signed, that was changed, or that is stale", () =>
    onFarm(
      Effect.gen(function* () {
        const trust = yield* TrustStore
        const agent = yield* makeTestAgent
        const thief = yield* makeTestAgent
        const request = yield* agent.enrolment
        const { possession } = yield* thief.enrolment
        const forged = yield* Effect.flip(trust.enroll({ ...request, possession }))
        assert.deepInclude(forged, { _tag: "PossessionUnproved", reason: "bad_signature" })
        const renamed = yield* Effect.flip(trust.enroll({ ...request, cluster_alias: "other" }))
        assert.instanceOf(renamed, PossessionUnproved)
        yield* TestClock.adjust("5 minutes")
        yield* trust.enroll(request)
        yield* TestClock.adjust("1 second")
        assert.deepInclude(yield* Effect.flip(trust.enroll(request)), { reason: "stale" })
      })
    )
  )

  it.effect("never trusts a revoked agent again", () =>
    onFarm(
      Effect.gen(function* () {
        const trust = yield* TrustStore
        const agent = yield* approvedTestAgent
        assert.strictEqual((yield* trust.revoke(agent.agentId)).status, "revoked")
        assert.instanceOf(yield* Effect.flip(trust.approve(agent.agentId)), AgentRevoked)
        const answer = yield* trust.enroll(yield* agent.enrolment)
        assert.deepInclude(answer, { status: "revoked", farm_salt: null })
        assert.instanceOf(yield* Effect.flip(trust.approved(agent.agentId)), AgentRevoked)
      })
    )
  )

  it.effect("says so when an agent is not known", () =>
    onFarm(
      Effect.gen(function* () {
        const trust = yield* TrustStore
        assert.instanceOf(yield* Effect.flip(trust.approve("nobody")), AgentUnknown)
        assert.instanceOf(yield* Effect.flip(trust.revoke("nobody")), AgentUnknown)
        assert.instanceOf(yield* Effect.flip(trust.get("nobody")), AgentUnknown)
        assert.instanceOf(yield* Effect.flip(trust.approved("nobody")), AgentUnknown)
      })
    )
  )

  it.effect("lets no more agents wait than the owner can look at", () =>
    onFarm(
      Effect.gen(function* () {
        const trust = yield* TrustStore
        const first = yield* makeTestAgent
        yield* trust.enroll(yield* first.enrolment)
        for (let waiting = 1; waiting < waitingMax; waiting++) {
          yield* trust.enroll(yield* (yield* makeTestAgent).enrolment)
        }
        const late = yield* makeTestAgent
        assert.instanceOf(yield* Effect.flip(trust.enroll(yield* late.enrolment)), EnrolmentsFull)
        yield* trust.enroll(yield* first.enrolment)
        yield* trust.approve(first.agentId)
        assert.strictEqual((yield* trust.enroll(yield* late.enrolment)).status, "pending")
      })
    )
  )
})
