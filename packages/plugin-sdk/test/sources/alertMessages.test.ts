import { assert, describe, it } from "@effect/vitest"
import { DateTime, Redacted } from "effect"
import { seenInApi } from "../../src/sources/alertmanager/alertMessages.ts"
import { observeAlert } from "../../src/sources/alertmanager/observeAlert.ts"
import { dataOf } from "./sinkFixture.ts"

const startsAt = "2026-02-03T10:00:00.000Z"
const suppressed = {
  fingerprint: "f1",
  startsAt,
  labels: { alertname: "BarnDown" },
  status: { state: "suppressed", silencedBy: ["gone", "s1"] }
} as const
const known = { id: "s1", createdBy: "Ann@example.org", startsAt: "2026-02-03T10:05:00.000Z" }

const observed = (silences: Parameters<typeof seenInApi>[1]) => {
  const [alert] = seenInApi(suppressed, silences)
  if (alert?.status !== "suppressed") throw new Error("the alert is not suppressed")
  const nowMs = Date.parse("2026-02-03T10:09:00.000Z")
  return observeAlert({ name: "am", actor: "ops" }, { alert: { ...alert, status: "suppressed" }, mark: "s1" }, nowMs)
}

describe("a silence of which nothing is known any more", () => {
  it("began at no known time: it must not pass for one that came after the alert", () => {
    const observation = observed([])
    assert.deepInclude(dataOf(observation) as object, {
      silences: [
        { id: "gone", created_by: "", starts_at: null },
        { id: "s1", created_by: "", starts_at: null }
      ]
    })
    assert.strictEqual(Redacted.value(observation.actor.identifier), "ops")
    assert.strictEqual(DateTime.formatIso(observation.occurredAt), "2026-02-03T10:09:00.000Z")
  })

  it("comes after those that are known, whose maker has seen to the alert", () => {
    const observation = observed([known])
    const { silences } = dataOf(observation) as { readonly silences: ReadonlyArray<{ readonly id: string }> }
    assert.deepStrictEqual(
      silences.map(({ id }) => id),
      ["s1", "gone"]
    )
    assert.strictEqual(Redacted.value(observation.actor.identifier), "ann@example.org")
    assert.strictEqual(DateTime.formatIso(observation.occurredAt), "2026-02-03T10:05:00.000Z")
  })
})
