import { assert, describe, it } from "@effect/vitest"
import { Effect, Queue, Schema, SubscriptionRef } from "effect"
import { TestClock } from "effect/testing"
import { KubernetesEvent } from "../../src/contract/KubernetesEvent.ts"
import { type Observation, readRawData } from "../../src/contract/Observation.ts"
import { KubernetesSettings } from "../../src/sources/kubernetes/KubernetesSettings.ts"
import { type KubernetesSourceOptions, makeKubernetesSource } from "../../src/sources/kubernetes/KubernetesSource.ts"
import { type FakeAnswer, startFakeApiServer } from "./FakeApiServer.ts"
import { firstPage, forbidden, lastPage, modifiedLine } from "./recordedAnswers.ts"

const settings: KubernetesSourceOptions = {
  name: "cluster",
  actor: "someone@example.test",
  watch: [{ resource: "pods", group_by: "workload" }],
  fields: { pods: ["/status/phase"] }
}
const kubeSystem = { json: { metadata: { name: "kube-system", uid: "de13afc6-5ba2-4903-9d0e-f767d717673d" } } }
const decode = Schema.decodeUnknownSync(KubernetesEvent)
const summaryOf = ({ rawData }: Observation) => {
  const event = decode(readRawData(rawData))
  return event.kind === "workload" ? `${event.workload.name} ${JSON.stringify(event.pods)}` : event.kind
}

const soon = Effect.promise(() => new Promise<void>((done) => setImmediate(done)))

const started = Effect.fnUntraced(function* (...answers: ReadonlyArray<FakeAnswer>) {
  const fake = yield* startFakeApiServer(...answers)
  const source = yield* makeKubernetesSource({
    ...settings,
    connection: fake.connection,
    // A watch is not given up within a test.
    pace: { watchSeconds: 7_200 }
  })
  const told = yield* Queue.unbounded<Observation>()
  const put = (observation: Observation) => Effect.asVoid(Queue.offer(told, observation))
  yield* source.run({ offer: put, put }).pipe(Effect.forkScoped)
  const phase = Effect.map(SubscriptionRef.get(source.state), (state) => state.phase)
  // What the server said has arrived once the state says so.
  const watching = Effect.gen(function* () {
    while ((yield* phase) !== "watching") yield* soon
  })
  return { fake, source, told, watching }
})

const pending = '[{"status":{"phase":"Pending"}}]'

describe("a kubernetes source", () => {
  it.effect("tells a workload when it has been quiet for two seconds, and once more after a quarter of an hour", () =>
    Effect.gen(function* () {
      const { fake, told, watching } = yield* started(kubeSystem, { json: firstPage }, { json: lastPage })
      yield* watching
      yield* TestClock.adjust("1999 millis")
      assert.strictEqual(yield* Queue.size(told), 0)
      yield* TestClock.adjust("1 millis")
      const first = yield* Queue.takeN(told, 3)
      assert.deepStrictEqual(first.map(summaryOf), [`a ${pending}`, `b ${pending}`, `c ${pending}`])
      // The watch is open once what it says is told.
      yield* fake.asked(4)
      fake.answer({ lines: [modifiedLine] })
      while ((yield* Queue.size(told)) === 0) {
        yield* TestClock.adjust("1 second")
        yield* soon
      }
      const changed = yield* Queue.take(told)
      assert.strictEqual(summaryOf(changed), `a ${pending.replace("Pending", "Running")}`)
      yield* TestClock.adjust("15 minutes")
      const again = yield* Queue.takeN(told, 3)
      assert.deepStrictEqual(
        again.map(summaryOf),
        [first[1], first[2], changed].map((one) => one && summaryOf(one))
      )
      assert.deepStrictEqual(
        again.map(({ subject }) => subject),
        [first[1], first[2], changed].map((one) => one?.subject)
      )
      assert.strictEqual(new Set([...first, changed, ...again].map(({ observationId }) => observationId)).size, 7)
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(yield* Queue.size(told), 0)
    }).pipe(Effect.scoped)
  )

  it.effect("does not say that a state holds while it cannot see", () =>
    Effect.gen(function* () {
      const blind: FakeAnswer = { status: 403, json: forbidden }
      const { source, told, watching } = yield* started(kubeSystem, { json: { ...lastPage } }, blind, blind, blind)
      yield* watching
      while ((yield* SubscriptionRef.get(source.state)).phase !== "degraded") yield* soon
      // What was seen before is told.
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(summaryOf(yield* Queue.take(told)), `c ${pending}`)
      assert.deepInclude(yield* SubscriptionRef.get(source.state), { phase: "degraded", code: "forbidden" })
      yield* TestClock.adjust("16 minutes")
      assert.strictEqual(yield* Queue.size(told), 0)
    }).pipe(Effect.scoped)
  )

  it.effect("keeps what the plugins ask for of a resource that the settings do not name", () =>
    Effect.gen(function* () {
      const { connection } = yield* startFakeApiServer(kubeSystem, { json: lastPage })
      const source = yield* makeKubernetesSource({
        ...{ name: "cluster", actor: "someone@example.test", connection, watch: [{ resource: "pods" }] },
        askedFields: Effect.succeed(["/status/qosClass"])
      })
      const told = yield* Queue.unbounded<Observation>()
      const put = (observation: Observation) => Effect.asVoid(Queue.offer(told, observation))
      yield* source.run({ offer: put, put }).pipe(Effect.forkScoped)
      while ((yield* SubscriptionRef.get(source.state)).phase !== "watching") yield* soon
      yield* TestClock.adjust("2 seconds")
      const event = decode(readRawData((yield* Queue.take(told)).rawData))
      assert.deepStrictEqual(event.kind === "object" && event.object, { status: { qosClass: "BestEffort" } })
    }).pipe(Effect.scoped)
  )

  it.effect("knows a cluster by its address where it may not read its uid", () =>
    Effect.gen(function* () {
      const subjectOf = Effect.fnUntraced(function* (identity: FakeAnswer) {
        const { told, watching } = yield* started(identity, { json: lastPage }, { lines: [modifiedLine] })
        yield* watching
        yield* TestClock.adjust("2 seconds")
        return (yield* Queue.take(told)).subject
      }, Effect.scoped)
      const one = yield* subjectOf(kubeSystem)
      assert.strictEqual(yield* subjectOf(kubeSystem), one)
      assert.notStrictEqual(yield* subjectOf({ status: 403, json: forbidden }), one)
    })
  )

  it.effect.each<readonly [Partial<KubernetesSourceOptions>, string]>([
    [{ watch: [{ resource: "configmaps", group_by: "workload" as const }] }, "only pods can be grouped by workload"],
    [{ watch: [], sweep: [] }, "it watches and sweeps nothing"],
    [{ in_cluster: true, kubeconfig: "/nowhere/config" }, "either a kubeconfig or in_cluster: true is expected"],
    [{ in_cluster: false }, "either a kubeconfig or in_cluster: true is expected"],
    [{ kubeconfig: "/nowhere/config" }, "the kubeconfig cannot be read"]
  ])("needs a person where its settings cannot work: %j", ([change, reason]) =>
    Effect.gen(function* () {
      const failed = yield* Effect.flip(makeKubernetesSource({ ...settings, ...change }))
      assert.deepInclude(failed, { _tag: "SourceFailed", source: "cluster", reason })
    }).pipe(Effect.scoped)
  )
})

describe("the settings of a kubernetes source", () => {
  const read = Schema.decodeUnknownExit(KubernetesSettings)
  const base = { actor: "someone@example.test" }

  it("are taken in a pod with a single sweep", () => {
    const sweep = { resource: "pods", every_minutes: 60 }
    assert.strictEqual(read({ ...base, in_cluster: true, watch: [{ resource: "pods" }], sweep })._tag, "Success")
  })

  it("are taken as the operator writes them", () => {
    const exit = read({
      ...base,
      kubeconfig: "/etc/farmops/kubeconfig",
      watch: [{ resource: "pods", group_by: "workload", namespaces: ["prod"], label_selector: "app=shop" }],
      sweep: [{ resource: "deployments.apps", every_minutes: 60 }],
      fields: { pods: ["/status/phase"] },
      secret_fields: ["/data/tls.crt"]
    })
    assert.strictEqual(exit._tag, "Success")
  })

  it.each([
    ["a path for a resource", { watch: [{ resource: "pods/exec" }] }],
    ["a resource with a query", { watch: [{ resource: "pods?watch=1" }] }],
    ["no namespace in a list of them", { watch: [{ resource: "pods", namespaces: [] }] }],
    ["a sweep without a pause", { sweep: [{ resource: "pods", every_minutes: 0 }] }],
    ["a field that is no pointer", { fields: { pods: ["status.phase"] } }],
    ["all of Secrets' data", { secret_fields: ["/data"] }],
    ["every key of Secrets' data", { secret_fields: ["/data/*"] }]
  ])("are refused with %s", (_, change) => {
    assert.strictEqual(read({ ...base, ...change })._tag, "Failure")
  })
})
