import { assert, describe, it } from "@effect/vitest"
import { verifyForkEvidence } from "@farmops/proof/forkEvidence"
import { nodeBackend } from "@farmops/proof/NodeBackend"
import { makeSigningKey } from "@farmops/proof/SigningKey"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { Ledger } from "../src/farm/Ledger.ts"
import { TrackerKey } from "../src/farm/TrackerKey.ts"
import { TrustStore } from "../src/farm/TrustStore.ts"
import { forksKeptMax } from "../src/farm/trust/forkStore.ts"
import { verifyEvent } from "../src/farm/trust/LedgerEvent.ts"
import { approvedRecoverableAgent, approvedTestAgent, onFarm } from "./farmLayers.ts"
import { dumpLedger } from "./ledgerDump.ts"
import { rotationTo, signBody } from "./proofFixture.ts"
import { assertReplays, refused, send, sendAll } from "./trustFixture.ts"

const statusOf = (agentId: string) =>
  Effect.flatMap(TrustStore, (trust) => Effect.map(trust.get(agentId), ({ status }) => status))

/** The tables that a fork under the key in force changes, and no other does. */
const forkTables = ["tracker_agent", "tracker_event", "tracker_farm", "tracker_fork"]

describe("a fork", () => {
  it.effect("freezes the agent, keeps evidence that verifies alone, and changes nothing else", () =>
    onFarm(
      Effect.gen(function* () {
        const trust = yield* TrustStore
        const agent = yield* approvedTestAgent
        const lines = yield* agent.chain(3)
        yield* sendAll(lines)
        const before = yield* dumpLedger
        const rival = yield* agent.after(null)
        yield* refused(rival, "forked", forkTables)
        const after = yield* dumpLedger
        assert.deepStrictEqual(after.tracker_agent, [{ ...before.tracker_agent[0], status: "frozen" }])
        assert.deepStrictEqual(after.tracker_farm, [{ ...before.tracker_farm[0], entries: 5 }])
        assert.strictEqual(after.tracker_fork.length, 1)

        const [evidence = ""] = yield* trust.forks(agent.agentId)
        const checked = verifyForkEvidence(evidence, nodeBackend)
        if (!checked.ok) assert.fail(checked.fault.code)
        const { agentId, publicKey, records, sequence } = checked.value
        assert.deepStrictEqual([agentId, publicKey, sequence], [agent.agentId, agent.key.publicKey, 0])
        assert.sameMembers(
          records.map(({ line }) => line),
          [lines[0], rival]
        )
        const { events } = yield* (yield* Ledger).events(0, 10)
        assert.strictEqual(events.length, 1)
        const event = verifyEvent(events[0]?.line ?? "", (yield* TrackerKey).publicKey, nodeBackend)
        assert.deepInclude(event ?? {}, {
          kind: "agent_frozen",
          agent_id: agent.agentId,
          sequence: 0,
          hashes: records.map(({ hash }) => hash)
        })
        yield* assertReplays
      })
    )
  )

  it.effect("lets nothing new in until the owner has looked, and says of old proofs that it has them", () =>
    onFarm(
      Effect.gen(function* () {
        const trust = yield* TrustStore
        const agent = yield* approvedTestAgent
        const [first = "", second = ""] = yield* agent.chain(2)
        const rival = yield* agent.after(null)
        const third = yield* agent.next()
        const later = yield* agent.next()
        assert.deepStrictEqual(yield* send(first, second, rival, third, first, later), [
          "accepted",
          "accepted",
          "forked",
          "agent_frozen",
          "already",
          "agent_frozen"
        ])
        yield* refused(third, "agent_frozen")
        // The same fork again is known, and no news.
        yield* refused(rival, "forked")
        assert.deepInclude(yield* trust.enroll(yield* agent.enrolment), { status: "frozen", farm_salt: null })
        assert.strictEqual((yield* trust.approve(agent.agentId)).status, "approved")
        yield* sendAll([third])
        yield* refused(rival, "forked")
        assert.strictEqual(yield* statusOf(agent.agentId), "approved")
        // Another one is.
        yield* refused(yield* agent.after(null), "forked", forkTables)
        assert.strictEqual(yield* statusOf(agent.agentId), "frozen")
        yield* trust.revoke(agent.agentId)
        assert.strictEqual((yield* Effect.flip(trust.approve(agent.agentId)))._tag, "AgentRevoked")
      })
    )
  )

  it.effect("under a retired key is evidence and no reason to freeze", () =>
    onFarm(
      Effect.gen(function* () {
        const trust = yield* TrustStore
        const agent = yield* approvedTestAgent
        const old = agent.key
        yield* sendAll([...(yield* agent.chain(2)), yield* agent.rotate(), yield* agent.next()])
        const { signature: _, ...body } = JSON.parse(yield* agent.after(null))
        yield* refused(signBody(body, old).line, "forked", ["tracker_fork"])
        assert.strictEqual(yield* statusOf(agent.agentId), "approved")
        const [evidence = ""] = yield* trust.forks(agent.agentId)
        const checked = verifyForkEvidence(evidence, nodeBackend)
        assert.strictEqual(checked.ok ? checked.value.publicKey : null, old.publicKey)
        yield* sendAll([yield* agent.next()])
        // A change of key that is refused does not decide about the lines after it.
        const stolen = rotationTo(yield* makeSigningKey)(body)
        const next = yield* agent.next()
        assert.deepStrictEqual(yield* send(signBody(stolen, old).line, next), ["forked", "accepted"])
        // The key in force covers its own places only.
        const { signature: __, ...early } = JSON.parse(yield* agent.after(null))
        yield* refused(signBody(early, agent.key).line, "bad_signature")
      })
    )
  )

  it.effect("is ended by the recovery key, after which the owner lets the agent go on", () =>
    onFarm(
      Effect.gen(function* () {
        const trust = yield* TrustStore
        const agent = yield* approvedRecoverableAgent
        const [first = "", theirs = ""] = yield* agent.chain(2)
        const base = JSON.parse(theirs)
        yield* sendAll([first, theirs])
        const rival = yield* agent.after({ sequence: 0, proofId: base.prev_proof_id, hash: base.prev_proof_hash })
        yield* refused(rival, "forked", forkTables)
        const recovery = yield* agent.recover({ sequence: 0, proofId: base.prev_proof_id, hash: base.prev_proof_hash })
        const next = yield* agent.next()
        assert.deepStrictEqual(yield* send(recovery, next), ["accepted", "agent_frozen"])
        yield* trust.approve(agent.agentId)
        yield* sendAll([next])
        assert.deepInclude(yield* trust.trust(agent.agentId), {
          branch: 1,
          void: { recovery: 1, revocation: 0 },
          forks: 1
        })
        yield* assertReplays
      })
    )
  )

  it.effect("is recorded against the record that was left behind, where a recovery took its place", () =>
    onFarm(
      Effect.gen(function* () {
        const trust = yield* TrustStore
        const agent = yield* approvedRecoverableAgent
        const old = agent.key
        yield* sendAll(yield* agent.chain(2))
        const { signature: _, ...body } = JSON.parse(yield* agent.after(null))
        yield* sendAll([yield* agent.recover(null)])
        yield* refused(signBody(body, old).line, "forked", ["tracker_fork"])
        const [evidence = ""] = yield* trust.forks(agent.agentId)
        assert.isTrue(verifyForkEvidence(evidence, nodeBackend).ok)
        assert.strictEqual(yield* statusOf(agent.agentId), "approved")
      })
    )
  )

  it.effect("fills no disk: of one agent the first few are kept, and each that froze it", () =>
    onFarm(
      Effect.gen(function* () {
        const trust = yield* TrustStore
        const agent = yield* approvedTestAgent
        const other = yield* approvedTestAgent
        yield* sendAll([yield* agent.next(), yield* other.next()])
        const kept = Effect.map(trust.forks(agent.agentId), ({ length }) => length)
        for (let rivals = 0; rivals < forksKeptMax + 3; rivals++) {
          assert.deepStrictEqual(yield* send(yield* agent.after(null)), ["forked"])
        }
        assert.strictEqual(yield* kept, forksKeptMax)
        yield* trust.approve(agent.agentId)
        assert.deepStrictEqual(yield* send(yield* agent.after(null)), ["forked"])
        assert.strictEqual(yield* kept, forksKeptMax + 1)
        assert.deepStrictEqual(yield* send(yield* other.after(null)), ["forked"])
        assert.strictEqual((yield* trust.forks(other.agentId)).length, 1)
        assert.strictEqual((yield* Effect.flip(trust.forks("nobody")))._tag, "AgentUnknown")
      })
    )
  )

  it.effect("freezes the agent also where the other record was archived", () =>
    onFarm(
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const agent = yield* approvedTestAgent
        yield* sendAll([yield* agent.next()])
        yield* sql`UPDATE tracker_proof SET line = NULL, scoring_detail = NULL`
        yield* refused(yield* agent.after(null), "forked", ["tracker_agent", "tracker_event", "tracker_farm"])
        assert.strictEqual(yield* statusOf(agent.agentId), "frozen")
      })
    )
  )
})
