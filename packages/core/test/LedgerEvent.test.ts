import { assert, describe, it } from "@effect/vitest"
import { canonicalJson } from "@farmops/proof/canonicalJson"
import * as Ed25519Node from "@farmops/proof/Ed25519Node"
import { nodeBackend } from "@farmops/proof/NodeBackend"
import { makeSigningKey } from "@farmops/proof/SigningKey"
import { signStatement } from "@farmops/proof/signedStatement"
import { Effect } from "effect"
import { Ledger } from "../src/farm/Ledger.ts"
import { LedgerSettings } from "../src/farm/LedgerSettings.ts"
import { ProofIntake } from "../src/farm/ProofIntake.ts"
import { TrackerKey } from "../src/farm/TrackerKey.ts"
import { TrustStore } from "../src/farm/TrustStore.ts"
import { type LedgerEvent, signEvent, verifyEvent } from "../src/farm/trust/LedgerEvent.ts"
import { approvedTestAgent, onFarm, testNow } from "./farmLayers.ts"

const body: LedgerEvent = {
  schema: "farmops/event/1",
  farm_id: "019400d5-8b0a-7c3e-9f21-0123456789ab",
  position: 7,
  at: testNow,
  kind: "agent_frozen",
  agent_id: "019400d5-8b0a-7c3e-9f21-0123456789ac",
  sequence: 3,
  hashes: ["ab".repeat(32), "cd".repeat(32)]
}

describe("a ledger event", () => {
  it.effect("is the canonical JSON of body, key and signature, and comes back from it", () =>
    Effect.gen(function* () {
      const key = yield* makeSigningKey
      const line = signEvent(key, body)
      const signature = signStatement(key, "farmops/event/v1", body)
      assert.strictEqual(line, canonicalJson({ body, public_key: key.publicKey, signature }))
      assert.deepStrictEqual(verifyEvent(line, key.publicKey, nodeBackend), body)
    }).pipe(Effect.provide(Ed25519Node.layer))
  )

  it.effect("is refused under another key, under another tag, in another spelling and in another form", () =>
    Effect.gen(function* () {
      const key = yield* makeSigningKey
      const other = yield* makeSigningKey
      const line = signEvent(key, body)
      const signed = (wrong: object, tag: Parameters<typeof signStatement>[1] = "farmops/event/v1") =>
        canonicalJson({ body: wrong, public_key: key.publicKey, signature: signStatement(key, tag, wrong) })
      const wrong = [
        signEvent(other, body),
        line.replace(key.publicKey, other.publicKey),
        signed(body, "farmops/archive/v1"),
        ` ${line}`,
        line.replace('{"body"', '{"a":1,"body"'),
        JSON.stringify({ signature: JSON.parse(line).signature, ...JSON.parse(line) }),
        signed({ ...body, more: 1 }),
        signed({ ...body, kind: "agent_forgiven" }),
        signed({ ...body, hashes: ["ab".repeat(32)] }),
        signed({}),
        "{}",
        "",
        '{"body":{"\\ud800":1},"public_key":"","signature":""}'
      ]
      for (const text of wrong) assert.isNull(verifyEvent(text, key.publicKey, nodeBackend), text)
      const bytes = new TextEncoder().encode(line)
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const edited = bytes.slice()
        edited[bit >> 3] = (edited[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        assert.isNull(verifyEvent(new TextDecoder().decode(edited), key.publicKey, nodeBackend), `bit ${bit}`)
      }
    }).pipe(Effect.provide(Ed25519Node.layer))
  )

  it.effect("stands in the ledger between the proofs, at the next position", () =>
    onFarm(
      Effect.gen(function* () {
        const intake = yield* ProofIntake
        const trust = yield* TrustStore
        const { publicKey } = yield* TrackerKey
        const { farmId } = yield* LedgerSettings
        const agent = yield* approvedTestAgent
        yield* intake.acceptBatch(yield* agent.chain(3))
        yield* trust.approve(agent.agentId)
        yield* trust.revoke(agent.agentId)
        yield* trust.revoke(agent.agentId)
        const ledger = yield* Ledger
        const { events, next_cursor } = yield* ledger.events(-1, 10)
        assert.isNull(next_cursor)
        const hash = agent.head()?.hash ?? ""
        const common = { schema: "farmops/event/1", farm_id: farmId, at: testNow, agent_id: agent.agentId }
        assert.deepEqual<unknown>(
          events.map(({ line }) => verifyEvent(line, publicKey, nodeBackend)),
          [
            {
              ...common,
              kind: "agent_approved",
              position: 0,
              public_key: agent.key.publicKey,
              recovery_public_key: null
            },
            { ...common, kind: "agent_revoked", position: 4, last_trusted: { sequence: 2, hash } }
          ]
        )
        assert.deepStrictEqual(
          events.map(({ kind, occurred_at, position }) => [position, kind, occurred_at]),
          [
            [0, "agent_approved", testNow],
            [4, "agent_revoked", testNow]
          ]
        )
        const first = yield* ledger.events(-1, 1)
        assert.deepStrictEqual([first.events.length, first.next_cursor], [1, 0])
        assert.deepStrictEqual(yield* ledger.events(0, 1), { events: events.slice(1), next_cursor: null })
      })
    )
  )
})
