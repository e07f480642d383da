import { assert, describe, it } from "@effect/vitest"
import { Redacted, Schema } from "effect"
import { KubernetesEvent } from "../../src/contract/KubernetesEvent.ts"
import { idLengthMax, type Observation, rawDataBytesMax, readRawData } from "../../src/contract/Observation.ts"
import { observeObject, observeSweep, observeWorkload } from "../../src/sources/kubernetes/kubernetesObservation.ts"
import type { KeptObject } from "../../src/sources/kubernetes/watchResource.ts"

const watcher = { cluster: "cluster-1", actor: { identifier: Redacted.make("someone"), type: "human" as const } }
const workload = { kind: "Deployment", namespace: "prod", name: "shop" }
const kept = (uid: string, text = '{"status":{"phase":"Running"}}', version = "1"): KeptObject => ({
  ...{ uid, version, namespace: "prod", name: uid, owner: null },
  kept: text
})

const decode = Schema.decodeUnknownSync(KubernetesEvent)
const eventOf = (observation: Observation | null | undefined) =>
  decode(readRawData(observation?.rawData ?? new Uint8Array()))
const idOf = (observation: Observation | null) => observation?.observationId

describe("an observation of a workload", () => {
  it("is in the words of the contract, and its ids tell nothing", () => {
    const observation = observeWorkload(watcher, workload, [kept("b"), kept("a")], false, 1_000)
    assert.deepStrictEqual(eventOf(observation), {
      kind: "workload",
      seen_at: "1970-01-01T00:00:01.000Z",
      workload,
      pods: [{ status: { phase: "Running" } }, { status: { phase: "Running" } }]
    })
    for (const id of [observation?.observationId, observation?.subject]) assert.match(id ?? "", /^[0-9a-f]{64}$/)
    assert.isAtMost(64, idLengthMax)
  })

  it("has one id for one state: whenever it is seen, and in whatever order", () => {
    const one = observeWorkload(watcher, workload, [kept("a"), kept("b")], false, 1_000)
    assert.strictEqual(idOf(one), idOf(observeWorkload(watcher, workload, [kept("b"), kept("a")], false, 9_000)))
    const others = [
      observeWorkload(watcher, workload, [kept("a")], false, 1_000),
      observeWorkload(watcher, workload, [kept("a"), kept("b", "{}")], false, 1_000),
      observeWorkload(watcher, workload, [kept("a"), kept("b", undefined, "2")], false, 1_000),
      observeWorkload(watcher, workload, [kept("a"), kept("b")], true, 1_000),
      observeWorkload(watcher, { ...workload, name: "shed" }, [kept("a"), kept("b")], false, 1_000),
      observeWorkload({ ...watcher, cluster: "cluster-2" }, workload, [kept("a"), kept("b")], false, 1_000)
    ]
    assert.strictEqual(new Set([one, ...others].map(idOf)).size, others.length + 1)
  })

  it("is none where it does not fit a message", () => {
    assert.isNull(observeWorkload(watcher, workload, [kept("a", `"${"x".repeat(rawDataBytesMax)}"`)], false, 0))
  })
})

describe("an observation of an object", () => {
  it("is the same state whether it is new or was seen before, and deleted once", () => {
    const of = (change: "added" | "modified" | "deleted", version: string) =>
      idOf(observeObject(watcher, "configmaps", change, kept("a", "{}", version), 0))
    assert.strictEqual(of("added", "1"), of("modified", "1"))
    assert.notStrictEqual(of("modified", "1"), of("modified", "2"))
    assert.notStrictEqual(of("modified", "1"), of("deleted", "1"))
    // One that was seen to go has another version than one that was found to be gone.
    assert.strictEqual(of("deleted", "1"), of("deleted", "2"))
  })
})

describe("a sweep", () => {
  it("is cut into parts that each fit, in order and without a gap", () => {
    const objects = Array.from({ length: 40 }, (_, at) => JSON.stringify({ at, text: "ü".repeat(200 * 1024) }))
    const parts = observeSweep(watcher, "pods", 7, { namespaces: 3, objects }, 0) ?? []
    assert.isAbove(parts.length, 3)
    for (const { rawData } of parts) assert.isAtMost(rawData.length, rawDataBytesMax)
    const events = parts.map(eventOf)
    assert.deepStrictEqual(
      events.map((event) => event.kind === "sweep" && [event.part, event.parts, event.namespaces]),
      parts.map((_, at) => [at + 1, parts.length, 3])
    )
    assert.deepStrictEqual(
      events.flatMap((event) => (event.kind === "sweep" ? event.objects.map(({ at }) => at) : [])),
      objects.map((_, at) => at)
    )
    assert.strictEqual(new Set(parts.map(({ observationId }) => observationId)).size, parts.length)
    assert.strictEqual(new Set(parts.map(({ subject }) => subject)).size, 1)
  })

  it("is the same within its turn and another in the next, whatever it found", () => {
    const at = (slot: number, objects: ReadonlyArray<string>) =>
      observeSweep(watcher, "pods", slot, { namespaces: 0, objects }, 0)?.[0]?.observationId
    assert.strictEqual(at(7, ["{}"]), at(7, []))
    assert.notStrictEqual(at(7, ["{}"]), at(8, ["{}"]))
  })

  it("is none where one object does not fit a message", () => {
    assert.isNull(observeSweep(watcher, "pods", 7, { namespaces: 1, objects: [`"${"x".repeat(rawDataBytesMax)}"`] }, 0))
  })
})
