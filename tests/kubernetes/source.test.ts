import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { KubernetesEvent } from "@farmops/plugin-sdk/contract/KubernetesEvent"
import { type Observation, readRawData } from "@farmops/plugin-sdk/contract/Observation"
import { ObservationsFull, type SourceState } from "@farmops/plugin-sdk/contract/Source"
import {
  type KubernetesSourceOptions,
  makeKubernetesSource
} from "@farmops/plugin-sdk/sources/kubernetes/KubernetesSource"
import { Effect, Latch, Schema, Stream, SubscriptionRef } from "effect"
import { type KubernetesCluster, startKubernetes, tokens } from "./KubernetesCluster.ts"
import { kubernetesMissing } from "./kubernetesParts.ts"
import { connectAs, hasty, podNamed, until } from "./watching.ts"

const decode = Schema.decodeUnknownSync(KubernetesEvent)
const eventOf = ({ rawData }: Observation) => decode(readRawData(rawData))
const textOf = ({ rawData }: Observation) => new TextDecoder().decode(rawData)

describe.skipIf(kubernetesMissing !== null)("a kubernetes source on a real API server", () => {
  let cluster: KubernetesCluster
  let namespaces = 0

  beforeAll(async () => {
    cluster = await startKubernetes()
    await cluster.startControllers()
  })
  afterAll(() => cluster?.stop())

  const namespace = async () => {
    const name = `place-${namespaces++}`
    await cluster.ask("POST", "/api/v1/namespaces", { metadata: { name } })
    return name
  }

  const start = Effect.fnUntraced(function* (
    options: Partial<KubernetesSourceOptions>,
    room: Latch.Latch = Latch.makeUnsafe(true)
  ) {
    const source = yield* makeKubernetesSource({
      name: "cluster",
      actor: "someone@example.test",
      connection: connectAs(cluster, tokens.admin),
      pace: hasty,
      ...options
    })
    const seen: Array<Observation> = []
    const states: Array<SourceState> = []
    const take = (observation: Observation) => Effect.sync(() => void seen.push(observation))
    yield* SubscriptionRef.changes(source.state).pipe(
      Stream.runForEach((state) => Effect.sync(() => states.push(state))),
      Effect.forkScoped
    )
    yield* source
      .run({
        offer: (observation) =>
          Effect.suspend(() => (room.isOpen() ? take(observation) : Effect.fail(new ObservationsFull()))),
        put: (observation) => Effect.andThen(room.await, take(observation))
      })
      .pipe(Effect.forkScoped)
    return { seen, states, events: () => seen.map(eventOf) }
  })

  it.live("tells a rollout of a Deployment as one workload, over its ReplicaSets", () =>
    Effect.gen(function* () {
      const place = yield* Effect.promise(namespace)
      const path = `/apis/apps/v1/namespaces/${place}/deployments`
      const labels = { app: "shop" }
      const deployment = (image: string) => ({
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "shop" },
        spec: {
          replicas: 3,
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: { containers: [{ name: "main", image }] } }
        }
      })
      const pods = async () =>
        (await cluster.ask("GET", `/api/v1/namespaces/${place}/pods`)).body.items as ReadonlyArray<{
          metadata: { name: string }
          spec: { containers: ReadonlyArray<{ image: string }> }
        }>
      const { events, seen } = yield* start({
        watch: [{ resource: "pods", group_by: "workload", namespaces: [place] }],
        fields: { pods: ["/status/phase", "/spec/containers/*/image"] }
      })
      yield* Effect.promise(() => cluster.ask("POST", path, deployment("example.test/shop:1")))
      yield* until("three pods", async () => (await pods()).length === 3)
      yield* until("told", () => events().some((event) => event.kind === "workload" && event.pods.length === 3))
      yield* Effect.promise(async () => {
        for (const { metadata } of await pods()) await cluster.fakeKubelet(place, metadata.name, { phase: "Running" })
      })
      yield* until("running", () => textOf(seen.at(-1) as Observation).split("Running").length === 4)
      const before = seen.length
      yield* Effect.promise(() => cluster.ask("PATCH", `${path}/shop`, deployment("example.test/shop:2")))
      yield* until("a pod of the new ReplicaSet", () => textOf(seen.at(-1) as Observation).includes("shop:2"))
      assert.isBelow(seen.length - before, 4)
      for (const event of events()) {
        assert.deepStrictEqual(event.kind === "workload" && event.workload, {
          kind: "Deployment",
          namespace: place,
          name: "shop"
        })
      }
      assert.strictEqual(new Set(seen.map(({ subject }) => subject)).size, 1)
      assert.strictEqual(new Set(seen.map(({ observationId }) => observationId)).size, seen.length)
      assert.notInclude(`${seen[0]?.subject}${seen[0]?.observationId}`, "shop")
    }).pipe(Effect.scoped)
  )

  it.live("gives the same state the same id after a restart, and another once it was left and reached again", () =>
    Effect.gen(function* () {
      const place = yield* Effect.promise(namespace)
      yield* Effect.promise(async () => {
        await cluster.ask("POST", `/api/v1/namespaces/${place}/pods`, podNamed("alone"))
        await cluster.fakeKubelet(place, "alone", { phase: "Running" })
      })
      const options: Partial<KubernetesSourceOptions> = {
        watch: [{ resource: "pods", group_by: "workload", namespaces: [place] }],
        fields: { pods: ["/status/phase"] }
      }
      const first = yield* Effect.scoped(
        Effect.gen(function* () {
          const { seen } = yield* start(options)
          yield* until("told", () => seen.length === 1)
          return seen
        })
      )
      const { events, seen } = yield* start(options)
      yield* until("told again", () => seen.length === 1)
      assert.strictEqual(seen[0]?.observationId, first[0]?.observationId)
      assert.strictEqual(seen[0]?.subject, first[0]?.subject)
      yield* Effect.promise(() => cluster.fakeKubelet(place, "alone", { phase: "Failed" }))
      yield* until("broken", () => seen.length === 2)
      yield* Effect.promise(() => cluster.fakeKubelet(place, "alone", { phase: "Running" }))
      yield* until("well again", () => seen.length === 3)
      assert.deepStrictEqual({ ...events()[2], seen_at: "" }, { ...events()[0], seen_at: "" })
      assert.strictEqual(new Set(seen.map(({ observationId }) => observationId)).size, 3)
      yield* Effect.promise(() => cluster.ask("DELETE", `/api/v1/namespaces/${place}/pods/alone?gracePeriodSeconds=0`))
      yield* until("gone", () => seen.length === 4)
      assert.deepStrictEqual(events().at(-1), {
        kind: "workload",
        seen_at: events().at(-1)?.seen_at ?? "",
        workload: { kind: "Pod", namespace: place, name: "alone" },
        pods: []
      })
    }).pipe(Effect.scoped)
  )

  it.live("tells a workload once more when it has been quiet, as another observation of the same subject", () =>
    Effect.gen(function* () {
      const place = yield* Effect.promise(namespace)
      const { events, seen } = yield* start({
        watch: [{ resource: "pods", group_by: "workload", namespaces: [place] }],
        fields: { pods: ["/status/phase"] },
        pace: { ...hasty, againMs: 400 }
      })
      yield* Effect.promise(() => cluster.ask("POST", `/api/v1/namespaces/${place}/pods`, podNamed("calm")))
      yield* until("told twice", () => seen.length === 2)
      yield* Effect.promise(() => cluster.fakeKubelet(place, "calm", { phase: "Running" }))
      yield* until("told twice more", () => seen.length === 4)
      assert.deepStrictEqual(
        events().map((event) => event.kind === "workload" && event.pods),
        ["Pending", "Pending", "Running", "Running"].map((phase) => [{ status: { phase } }])
      )
      assert.strictEqual(new Set(seen.map(({ observationId }) => observationId)).size, 4)
      assert.strictEqual(new Set(seen.map(({ subject }) => subject)).size, 1)
      const times = events().map(({ seen_at }) => Date.parse(seen_at))
      assert.isAtLeast((times[1] ?? 0) - (times[0] ?? 0), 400)
    }).pipe(Effect.scoped)
  )

  it.live("waits while there is no room, and then tells the newest of what changed meanwhile", () =>
    Effect.gen(function* () {
      const place = yield* Effect.promise(namespace)
      const room = Latch.makeUnsafe(false)
      const { events, states } = yield* start(
        { watch: [{ resource: "configmaps", namespaces: [place] }], fields: { configmaps: ["/data/turn"] } },
        room
      )
      const path = `/api/v1/namespaces/${place}/configmaps`
      yield* Effect.promise(() => cluster.ask("POST", path, { metadata: { name: "counter" }, data: { turn: "0" } }))
      yield* until(
        "paused",
        () => states.at(-1)?.phase === "paused",
        () => states
      )
      yield* Effect.promise(async () => {
        for (let turn = 1; turn <= 20; turn++)
          await cluster.ask("PATCH", `${path}/counter`, { data: { turn: String(turn) } })
      })
      yield* room.open
      yield* until("the newest", () => events().some((event) => JSON.stringify(event).includes('"20"')), events)
      assert.deepStrictEqual(
        events().map((event) => event.kind === "object" && [event.change, event.object]),
        [
          ["added", { data: { turn: "0" } }],
          ["modified", { data: { turn: "20" } }]
        ]
      )
      yield* until("watching", () => states.at(-1)?.phase === "watching")
      assert.strictEqual(states.at(-1)?.observations, 2)
    }).pipe(Effect.scoped)
  )

  it.live("keeps nothing of a Secret's data but the keys that were approved", () =>
    Effect.gen(function* () {
      const place = yield* Effect.promise(namespace)
      const encoded = (text: string) => Buffer.from(text).toString("base64")
      yield* Effect.promise(() =>
        cluster.ask("POST", `/api/v1/namespaces/${place}/secrets`, {
          metadata: {
            name: "certificate",
            annotations: {
              note: "kept",
              "kubectl.kubernetes.io/last-applied-configuration": JSON.stringify({ data: { "tls.key": "private" } })
            }
          },
          type: "kubernetes.io/tls",
          data: { "tls.crt": encoded("public"), "tls.key": encoded("private") }
        })
      )
      const watch = [{ resource: "secrets", namespaces: [place] as const }]
      const whole = yield* start({ watch })
      const greedy = yield* start({ watch, fields: { secrets: ["/data", "/data/*", "/metadata"] } })
      const approved = yield* start({ watch, fields: { secrets: ["/data"] }, secret_fields: ["/data/tls.crt"] })
      yield* until("told", () => [whole, greedy, approved].every(({ seen }) => seen.length === 1))
      for (const { seen } of [whole, greedy, approved]) {
        assert.notInclude(textOf(seen[0] as Observation), encoded("private"))
        assert.notInclude(textOf(seen[0] as Observation), "last-applied")
      }
      assert.notInclude(textOf(whole.seen[0] as Observation), encoded("public"))
      assert.notInclude(textOf(greedy.seen[0] as Observation), encoded("public"))
      assert.include(textOf(whole.seen[0] as Observation), "kept")
      const event = approved.events()[0]
      assert.deepStrictEqual(event?.kind === "object" && event.object, { data: { "tls.crt": encoded("public") } })
    }).pipe(Effect.scoped)
  )

  it.live("sweeps in parts where a message would be too long, and the same turn only once", () =>
    Effect.gen(function* () {
      const place = yield* Effect.promise(namespace)
      const large = "x".repeat(600 * 1024)
      yield* Effect.promise(async () => {
        for (let at = 0; at < 8; at++)
          await cluster.ask("POST", `/api/v1/namespaces/${place}/configmaps`, {
            metadata: { name: `large-${at}` },
            data: { large }
          })
      })
      const sweep = [{ resource: "configmaps", every_minutes: 7 * 24 * 60, namespaces: [place] as const }]
      const { events, seen } = yield* start({ sweep })
      yield* until("both parts", () => seen.length === 2)
      const found = events().flatMap((event) => (event.kind === "sweep" ? [event] : []))
      assert.deepStrictEqual(
        found.map(({ namespaces, part, parts }) => [namespaces, part, parts]),
        [
          [1, 1, 2],
          [1, 2, 2]
        ]
      )
      assert.strictEqual(found.flatMap(({ objects }) => objects).length, 8)
      const again = yield* start({ sweep })
      yield* until("both parts again", () => again.seen.length === 2)
      assert.deepStrictEqual(
        again.seen.map(({ observationId }) => observationId),
        seen.map(({ observationId }) => observationId)
      )
    }).pipe(Effect.scoped)
  )

  it.live("says forbidden in its state and nothing else, and no name is in it", () =>
    Effect.gen(function* () {
      const { seen, states } = yield* start({
        connection: connectAs(cluster, tokens.agent),
        watch: [{ resource: "pods", group_by: "workload" }]
      })
      yield* until(
        "degraded",
        () => states.at(-1)?.phase === "degraded",
        () => states
      )
      assert.deepStrictEqual(states.at(-1), { phase: "degraded", code: "forbidden", observations: 0 })
      assert.deepStrictEqual(seen, [])
    }).pipe(Effect.scoped)
  )
})
