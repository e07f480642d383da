import { assert, describe, it } from "@effect/vitest"
import { Redacted, Schema } from "effect"
import { verified } from "../src/author/definePlugin.ts"
import type { VerifiedVerdict } from "../src/contract/Verdict.ts"
import { bindEvidence, identityOf } from "../src/runtime/bindEvidence.ts"
import type { PluginIdentity } from "../src/runtime/PluginRuntime.ts"
import { verdictToWork } from "../src/runtime/verdictToWork.ts"
import { observation } from "./observation.ts"
import { oddPlugin } from "./oddPlugin.ts"

const { description: plugin } = oddPlugin

const Who = Schema.Struct({
  plugin_id: Schema.String,
  version: Schema.String,
  digest: Schema.NullOr(Schema.NonEmptyString),
  protocol_version: Schema.Int
})

const verdict = (description: string, changes: Partial<VerifiedVerdict> = {}): VerifiedVerdict => {
  const made = verified({
    action: "verify",
    category: "maintenance",
    description,
    complexity: "medium",
    impactRadius: 4,
    artifactsTouched: 7,
    evidence: { pods: 7 }
  })
  if (made.verdict !== "verified") throw new Error("not verified")
  return { ...made, ...changes }
}

const identity: PluginIdentity = { ...identityOf(plugin), digest: "ab".repeat(32) }

const workOf = (changes: Partial<VerifiedVerdict> = {}, who: Partial<PluginIdentity> = {}) => {
  const witness = { description: plugin, identity: { ...identity, ...who } }
  const made = verdictToWork(witness, observation(null), verdict("Did 7 thing", changes), "alias")
  if (made._tag === "Leak") throw new Error(made.fault)
  return made.work
}

describe("verdictToWork", () => {
  it("gives the work that the verdict speaks of, at the time when it was done", () => {
    const { actor, timestamp, evidence: _, ...work } = workOf()
    assert.deepStrictEqual(work, {
      clusterAlias: "alias",
      action: {
        plugin: "farmops/odd",
        action_type: "verify",
        category: "maintenance",
        subcategory: null,
        description: "Did 7 thing"
      },
      status: "success",
      hints: { complexity: "medium", impact_radius: 4, artifacts_touched: 7, time_spent_seconds: null }
    })
    assert.strictEqual(timestamp, observation(null).occurredAt)
    assert.strictEqual(Redacted.value(actor.identifier), "ann@example.org")
  })

  it("believes the plugin about who is a machine, and the source where the plugin says nothing", () => {
    assert.strictEqual(workOf().actor.type, "human")
    assert.strictEqual(workOf({ actor_type: "bot" }).actor.type, "bot")
  })

  it("binds who vouched to the evidence: each part after its length, then the evidence", () => {
    const part = (text: string) => [0, 0, 0, text.length, ...new TextEncoder().encode(text)]
    assert.deepStrictEqual(
      [...workOf().evidence],
      [
        ...["farmops/evidence/v1", "farmops/odd", "1.2.3", "ab".repeat(32), "1"].flatMap(part),
        ...new TextEncoder().encode('{"pods":7}')
      ]
    )
  })

  it.prop(
    "gives other bytes to every other plugin, version, program, protocol or evidence",
    [Who, Schema.Uint8Array, Who, Schema.Uint8Array],
    ([one, evidence, other, otherEvidence]) => {
      const same = JSON.stringify([one, [...evidence]]) === JSON.stringify([other, [...otherEvidence]])
      const bytes = Buffer.from(bindEvidence(one, evidence))
      assert.strictEqual(bytes.equals(bindEvidence(other, otherEvidence)), same)
      assert.isTrue(bytes.equals(bindEvidence({ ...one }, evidence.slice())))
    }
  )

  it("gives no work to a verdict that LeakGuard keeps back", () => {
    const leak = verdictToWork(
      { description: plugin, identity },
      observation(null),
      verdict("Did it on prod-db"),
      "alias"
    )
    assert.deepStrictEqual(leak, { _tag: "Leak", fault: "description_not_a_template" })
  })
})
