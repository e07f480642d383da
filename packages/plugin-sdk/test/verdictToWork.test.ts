import { assert, describe, it } from "@effect/vitest"
import { Redacted } from "effect"
import { verified } from "../src/author/definePlugin.ts"
import type { VerifiedVerdict } from "../src/contract/Verdict.ts"
import { verdictToWork } from "../src/runtime/verdictToWork.ts"
import { observation } from "./observation.ts"
import { oddPlugin } from "./oddPlugin.ts"

const { description: plugin } = oddPlugin

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

const workOf = (changes: Partial<VerifiedVerdict> = {}, version = plugin.version) => {
  const made = verdictToWork({ ...plugin, version }, observation(null), verdict("Did 7 thing", changes), "alias")
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

  it("binds the plugin and its version to the evidence", () => {
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
    assert.strictEqual(text(workOf().evidence), 'farmops/odd\u00001.2.3\u0000{"pods":7}')
    assert.notStrictEqual(text(workOf({}, "1.2.4").evidence), text(workOf().evidence))
  })

  it("gives no work to a verdict that LeakGuard keeps back", () => {
    const leak = verdictToWork(plugin, observation(null), verdict("Did it on prod-db"), "alias")
    assert.deepStrictEqual(leak, { _tag: "Leak", fault: "description_not_a_template" })
  })
})
