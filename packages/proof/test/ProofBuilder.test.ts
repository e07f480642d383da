import { createHash, createHmac } from "node:crypto"
import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { AgentKey } from "../src/AgentKey.ts"
import { FarmSalt, farmSaltFromHex, farmSaltToHex } from "../src/FarmSalt.ts"
import { nodeBackend } from "../src/NodeBackend.ts"
import { hashActor, ProofBuilder, type VerifiedWork } from "../src/ProofBuilder.ts"
import { verifyChain, verifyProof } from "../src/verify.ts"
import { agentLayer, personEmail, rawEvidence, work } from "./work.ts"

const sha256 = (...parts: ReadonlyArray<string | Uint8Array>) => {
  const hash = createHash("sha256")
  for (const part of parts) hash.update(part)
  return hash.digest("hex")
}

describe("ProofBuilder", () => {
  it.effect("builds a first and a next proof that verify as a chain", () =>
    Effect.gen(function* () {
      const builder = yield* ProofBuilder
      const key = yield* AgentKey
      const first = yield* builder.build(work(), null)
      const head = { sequence: 0, proofId: first.proof.proof_id, hash: first.hash }
      const second = yield* builder.build(work(), head)
      const verdict = verifyChain([first.line, second.line], key.publicKey, nodeBackend)
      assert.deepInclude(verdict, { ok: true, count: 2 })
      assert.isTrue(verdict.ok && verdict.head?.hash === second.hash)
      assert.strictEqual(first.proof.agent.agent_id, key.agentId)
      assert.strictEqual(first.proof.agent.cluster_alias, "prod-eu-1")
      assert.deepInclude(first.proof.outcome, { status: "success", verified: true })
    }).pipe(Effect.provide(agentLayer))
  )

  it.effect("lets nothing of evidence or person through, not even as a plain hash", () =>
    Effect.gen(function* () {
      const builder = yield* ProofBuilder
      // What a careless caller might hang on the objects stays behind too.
      const careless = { ...work(), branch: "secret-branch" }
      Object.assign(careless.action, { repository: "secret-repository" })
      Object.assign(careless.hints, { path: "secret-path" })
      const { line, proof } = yield* builder.build(careless, null)
      for (const secret of ["secret", "Ada", "lovelace", "checkout", "Running"]) assert.notInclude(line, secret)
      const spellings = [personEmail, personEmail.toLowerCase()]
      for (const guess of spellings) assert.notStrictEqual(proof.actor.actor_hash, sha256(guess))
      assert.notStrictEqual(proof.outcome.evidence_hash, sha256(rawEvidence))
    }).pipe(Effect.provide(agentLayer))
  )

  it.effect("hashes evidence with fresh salt that shows it later, and the person under the farm's salt", () =>
    Effect.gen(function* () {
      const builder = yield* ProofBuilder
      const [one, other] = [yield* builder.build(work(), null), yield* builder.build(work(), null)]
      assert.notStrictEqual(one.proof.outcome.evidence_hash, other.proof.outcome.evidence_hash)
      assert.strictEqual(one.proof.outcome.evidence_hash, sha256(Redacted.value(one.evidenceSalt), rawEvidence))
      assert.strictEqual(Redacted.value(one.evidenceSalt).length, 32)
      assert.strictEqual(`${one.evidenceSalt}`, "<redacted:evidence salt>")

      const salt = yield* FarmSalt
      const expected = createHmac("sha256", Redacted.value(salt)).update(personEmail.toLowerCase()).digest("hex")
      assert.strictEqual(one.proof.actor.actor_hash, expected)
      assert.strictEqual(other.proof.actor.actor_hash, expected)
      assert.strictEqual(hashActor(salt, Redacted.make(`  ${personEmail.toUpperCase()}\n`)), expected)
      assert.notStrictEqual(hashActor(yield* FarmSalt.generate, Redacted.make(personEmail)), expected)
    }).pipe(Effect.provide(agentLayer))
  )

  it.effect("carries the time of the work in whole seconds, never later than now", () =>
    Effect.gen(function* () {
      const builder = yield* ProofBuilder
      yield* TestClock.setTime(Date.UTC(2026, 1, 21, 9, 30, 0, 750))
      const timestampOf = (at: string) =>
        Effect.map(builder.build(work({ timestamp: DateTime.makeUnsafe(at) }), null), ({ proof }) => proof.timestamp)
      assert.strictEqual(yield* timestampOf("1969-07-20T20:17:40.999Z"), "1969-07-20T20:17:40Z")
      assert.strictEqual(yield* timestampOf("2031-01-01T00:00:00Z"), "2026-02-21T09:30:00Z")
    }).pipe(Effect.provide(agentLayer))
  )

  it.effect("refuses work that does not fit, without repeating it", () =>
    Effect.gen(function* () {
      const builder = yield* ProofBuilder
      const { action, hints } = work()
      const cases: ReadonlyArray<readonly [string, string, Partial<VerifiedWork>]> = [
        ["out_of_range", "action.description", { action: { ...action, description: "x".repeat(1025) } }],
        ["bad_format", "action.description", { action: { ...action, description: "red \u001b[31m" } }],
        ["bad_format", "action.description", { action: { ...action, description: "gpj.\u202eexe" } }],
        ["bad_format", "action.subcategory", { action: { ...action, subcategory: "a\nb" } }],
        ["out_of_range", "agent.cluster_alias", { clusterAlias: "" }],
        ["not_utf8", "null", { clusterAlias: "\ud800" }],
        ["out_of_range", "scoring_hints.impact_radius", { hints: { ...hints, impact_radius: -1 } }],
        ["out_of_range", "scoring_hints.artifacts_touched", { hints: { ...hints, artifacts_touched: 1.5 } }],
        ["bad_format", "timestamp", { timestamp: DateTime.makeUnsafe(-1e14) }]
      ]
      for (const [code, path, change] of cases) {
        const error = yield* Effect.flip(builder.build(work(change), null))
        assert.deepStrictEqual([error._tag, error.code, String(error.path)], ["WorkRefused", code, path])
        assert.notInclude(error.message, "exe")
      }
    }).pipe(Effect.provide(agentLayer))
  )

  it.effect("signs nothing that a tracker would refuse after the last sequence", () =>
    Effect.gen(function* () {
      const builder = yield* ProofBuilder
      const head = { sequence: Number.MAX_SAFE_INTEGER, proofId: "x", hash: "y" }
      assert.strictEqual((yield* Effect.flip(builder.build(work(), head)))._tag, "WorkRefused")
      const { line } = yield* builder.build(work(), null)
      assert.isTrue(verifyProof(line, (yield* AgentKey).publicKey, nodeBackend).ok)
    }).pipe(Effect.provide(agentLayer))
  )
})

describe("FarmSalt", () => {
  it("is read from hex of at least 16 bytes and never printed", () => {
    assert.isNull(farmSaltFromHex("ab".repeat(15)))
    assert.isNull(farmSaltFromHex("AB".repeat(32)))
    const salt = farmSaltFromHex("ab".repeat(32))
    assert.isNotNull(salt)
    if (salt === null) return
    assert.strictEqual(farmSaltToHex(salt), "ab".repeat(32))
    assert.notInclude(`${inspect(salt)} ${JSON.stringify(salt)}`, "abab")
  })
})
