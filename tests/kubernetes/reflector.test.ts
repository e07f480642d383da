import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { type KubeClient, makeKubeClient } from "@farmops/plugin-sdk/sources/kubernetes/KubeClient"
import { loadKubeConfig } from "@farmops/plugin-sdk/sources/kubernetes/KubeConfig"
import { kubeFailed } from "@farmops/plugin-sdk/sources/kubernetes/KubeFailed"
import { compileFields, keepFields } from "@farmops/plugin-sdk/sources/kubernetes/keepFields"
import { Effect } from "effect"
import { type KubernetesCluster, startKubernetes, tokens } from "./KubernetesCluster.ts"
import { kubernetesMissing } from "./kubernetesParts.ts"
import { changesOf, collect, connectAs, hasty, phasesOf, podNamed, until } from "./watching.ts"

const phaseOnly = compileFields(["/status/phase"])
const keep = (object: Readonly<Record<string, unknown>>) =>
  JSON.stringify(keepFields(object, phaseOnly, { isSecret: false, approved: [] }))

const tick = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "ticks.test.example" },
  spec: {
    group: "test.example",
    scope: "Namespaced",
    names: { plural: "ticks", singular: "tick", kind: "Tick" },
    versions: [
      { name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object", properties: {} } } }
    ]
  }
}

/** A client whose requests are seen, and that can be cut off. */
const spied = (
  client: KubeClient,
  before: (query: Readonly<Record<string, string>>) => Promise<void> = async () => {}
) => {
  const door = { shut: false }
  const codes: Array<string> = []
  const queries: Array<Readonly<Record<string, string>>> = []
  const opened: Array<Readonly<Record<string, string>>> = []
  let last: { readonly destroy: () => unknown } | null = null
  const open: KubeClient["open"] = (path, query) =>
    door.shut
      ? Effect.fail(kubeFailed("unreachable"))
      : Effect.promise(() => before(query)).pipe(
          Effect.andThen(Effect.sync(() => queries.push(query))),
          Effect.andThen(client.open(path, query)),
          Effect.tap((message) =>
            Effect.sync(() => {
              last = message
              opened.push(query)
            })
          ),
          Effect.tapError(({ code }) => Effect.sync(() => codes.push(code)))
        )
  return { client: { ...client, open }, door, codes, opened, queries, cut: () => last?.destroy() }
}

describe.skipIf(kubernetesMissing !== null)("a reflector on a real API server", () => {
  let cluster: KubernetesCluster
  let namespaces = 0

  beforeAll(async () => {
    cluster = await startKubernetes()
  })
  afterAll(() => cluster?.stop())

  const namespace = async () => {
    const name = `place-${namespaces++}`
    await cluster.ask("POST", "/api/v1/namespaces", { metadata: { name } })
    return name
  }
  const podsOf = (place: string) => `/api/v1/namespaces/${place}/pods`
  const create = async (place: string, ...names: ReadonlyArray<string>) => {
    for (const name of names) {
      const { body, status } = await cluster.ask("POST", podsOf(place), podNamed(name))
      assert.strictEqual(status, 201, body?.message)
    }
  }
  const watchPods = Effect.fnUntraced(function* (place: string, pace: object = {}) {
    const client = yield* makeKubeClient(connectAs(cluster, tokens.admin))
    return yield* collect({ client, resource: "pods", namespace: place, keep, pace: { ...hasty, ...pace } })
  })

  it.live("tells what is there, then what a kubelet writes, and is silent about what is not kept", () =>
    Effect.gen(function* () {
      const place = yield* Effect.promise(namespace)
      yield* Effect.promise(() => create(place, "first", "second"))
      const events = yield* watchPods(place)
      yield* until("synced", () => phasesOf(events).includes("Synced"))
      assert.deepStrictEqual(phasesOf(events), ["Listing", "Synced"])
      yield* Effect.promise(async () => {
        await cluster.fakeKubelet(place, "first", { phase: "Running" })
        await cluster.fakeKubelet(place, "first", { phase: "Running", message: "not a field that is kept" })
        await cluster.fakeKubelet(place, "second", { phase: "Failed" })
        await cluster.ask("DELETE", `${podsOf(place)}/second?gracePeriodSeconds=0`)
      })
      yield* until("the deletion", () => changesOf(events).includes("deleted second"))
      assert.deepStrictEqual(changesOf(events), [
        "added first",
        "added second",
        "modified first",
        "modified second",
        "deleted second"
      ])
      const last = events.at(-1)
      assert.strictEqual(last?._tag === "Changed" && last.object.kept, '{"status":{"phase":"Failed"}}')
    }).pipe(Effect.scoped)
  )

  it.live("takes a list in pages as one", () =>
    Effect.gen(function* () {
      const place = yield* Effect.promise(namespace)
      const names = Array.from({ length: 25 }, (_, at) => `pod-${String(at).padStart(2, "0")}`)
      yield* Effect.promise(() => create(place, ...names))
      const events = yield* watchPods(place, { pageObjects: 4 })
      yield* until("synced", () => phasesOf(events).includes("Synced"))
      assert.deepStrictEqual(
        changesOf(events),
        names.map((name) => `added ${name}`)
      )
    }).pipe(Effect.scoped)
  )

  it.live("tells what changed and what was deleted while the API server was dead", () =>
    Effect.gen(function* () {
      const place = yield* Effect.promise(namespace)
      yield* Effect.promise(() => create(place, "stays", "changes", "goes"))
      const events = yield* watchPods(place)
      yield* until("synced", () => phasesOf(events).includes("Synced"))
      yield* Effect.promise(cluster.killApiserver)
      yield* until(
        "degraded",
        () => phasesOf(events).includes("unreachable"),
        () => events
      )
      yield* Effect.promise(async () => {
        await cluster.startApiserver()
        await cluster.fakeKubelet(place, "changes", { phase: "Running" })
        await cluster.ask("DELETE", `${podsOf(place)}/goes?gracePeriodSeconds=0`)
        await create(place, "comes")
      })
      yield* until(
        "well again",
        () => phasesOf(events).at(-1) === "Synced",
        () => phasesOf(events)
      )
      yield* until("the new pod", () => changesOf(events).includes("added comes"))
      yield* until("the deletion", () => changesOf(events).includes("deleted goes"))
      assert.deepStrictEqual(changesOf(events).slice(3).toSorted(), ["added comes", "deleted goes", "modified changes"])
    }).pipe(Effect.scoped)
  )

  it.live("lists again when the server has forgotten the version it knows, and finds out what was deleted", () =>
    Effect.gen(function* () {
      const place = yield* Effect.promise(namespace)
      yield* Effect.promise(() => create(place, "stays", "goes"))
      const { client, cut, door, opened, queries } = spied(yield* makeKubeClient(connectAs(cluster, tokens.admin)))
      const events = yield* collect({ client, resource: "pods", namespace: place, keep })
      yield* until("synced", () => phasesOf(events).includes("Synced"))
      yield* until("watching", () => opened.length === 2)
      // The reader is away while all of it happens.
      door.shut = true
      cut()
      yield* Effect.promise(async () => {
        await cluster.ask("DELETE", `${podsOf(place)}/goes?gracePeriodSeconds=0`)
        await create(place, "comes")
        await cluster.compact()
        // The new server's own memory begins after all of that.
        await cluster.killApiserver()
        await cluster.startApiserver()
      })
      assert.deepStrictEqual(changesOf(events).slice(2), [])
      door.shut = false
      yield* until(
        "well again",
        () => phasesOf(events).at(-1) === "Synced",
        () => phasesOf(events)
      )
      assert.deepStrictEqual(changesOf(events).slice(2), ["added comes", "deleted goes"])
      assert.deepStrictEqual(
        queries.map(({ watch }) => watch ?? "list"),
        ["list", "1", "1", "list", "1"]
      )
    }).pipe(Effect.scoped)
  )

  it.live("begins a list anew when etcd has forgotten it between two pages", () =>
    Effect.gen(function* () {
      const place = yield* Effect.promise(namespace)
      yield* Effect.promise(() => create(place, "a", "b", "c", "d"))
      let compacted = false
      const { client, codes } = spied(yield* makeKubeClient(connectAs(cluster, tokens.admin)), async (query) => {
        if (query.continue === undefined || compacted) return
        compacted = true
        await cluster.ask("DELETE", `${podsOf(place)}/a?gracePeriodSeconds=0`)
        await cluster.compact()
      })
      const events = yield* collect({
        client,
        resource: "pods",
        namespace: place,
        keep,
        pace: { ...hasty, pageObjects: 2 }
      })
      yield* until(
        "synced",
        () => phasesOf(events).includes("Synced"),
        () => codes
      )
      assert.deepStrictEqual(codes, ["gone"])
      assert.deepStrictEqual(changesOf(events), ["added a", "added b", "added c", "added d", "deleted a"])
      assert.deepStrictEqual(phasesOf(events), ["Listing", "Synced"])
    }).pipe(Effect.scoped)
  )

  it.live("goes on from bookmarks where nothing happens to what it watches", () =>
    Effect.gen(function* () {
      const [place, elsewhere] = [yield* Effect.promise(namespace), yield* Effect.promise(namespace)]
      const { client, queries } = spied(yield* makeKubeClient(connectAs(cluster, tokens.admin)))
      const pace = { ...hasty, watchSeconds: 3 }
      const events = yield* collect({ client, resource: "pods", namespace: place, keep, pace })
      yield* until("synced", () => phasesOf(events).includes("Synced"))
      yield* Effect.promise(() => create(elsewhere, "a", "b", "c"))
      const versions = () =>
        queries.flatMap(({ resourceVersion, watch }) => (watch === "1" ? [Number(resourceVersion)] : []))
      yield* until("a watch from later", () => (versions().at(-1) ?? 0) > (versions()[0] ?? 0), versions)
      assert.deepStrictEqual(changesOf(events), [])
      assert.deepStrictEqual(phasesOf(events), ["Synced"])
    }).pipe(Effect.scoped)
  )

  it.live("shows that it is forbidden, and sees as soon as it may", () =>
    Effect.gen(function* () {
      const place = yield* Effect.promise(namespace)
      yield* Effect.promise(() => create(place, "hidden"))
      const client = yield* makeKubeClient(connectAs(cluster, tokens.agent))
      const events = yield* collect({ client, resource: "pods", namespace: place, keep })
      yield* until("degraded", () => phasesOf(events).includes("forbidden"))
      assert.deepStrictEqual(changesOf(events), [])
      const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${place}`
      yield* Effect.promise(async () => {
        const rules = [{ apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch"] }]
        await cluster.ask("POST", `${rbac}/roles`, { metadata: { name: "reader" }, rules })
        await cluster.ask("POST", `${rbac}/rolebindings`, {
          metadata: { name: "reader" },
          roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "reader" },
          subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "agent" }]
        })
      })
      yield* until("sees", () => phasesOf(events).at(-1) === "Synced")
      assert.deepStrictEqual(phasesOf(events), ["forbidden", "Listing", "Synced"])
      assert.deepStrictEqual(changesOf(events), ["added hidden"])
    }).pipe(Effect.scoped)
  )

  it.live("shows that a definition is missing, and sees its objects once it is there", () =>
    Effect.gen(function* () {
      const client = yield* makeKubeClient(connectAs(cluster, tokens.admin))
      const events = yield* collect({ client, resource: "ticks.test.example", keep })
      yield* until("degraded", () => phasesOf(events).includes("not_found"))
      yield* Effect.promise(async () => {
        const { status } = await cluster.ask("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", tick)
        assert.strictEqual(status, 201)
      })
      yield* until(
        "synced",
        () => phasesOf(events).includes("Synced"),
        () => phasesOf(events)
      )
      const ticks = "/apis/test.example/v1/namespaces/default/ticks"
      yield* until("made", async () => {
        const body = { apiVersion: "test.example/v1", kind: "Tick", metadata: { name: "one" } }
        return (await cluster.ask("POST", ticks, body)).status === 201
      })
      yield* until("told", () => changesOf(events).includes("added one"))
      assert.deepStrictEqual(phasesOf(events), ["not_found", "Synced"])
    }).pipe(Effect.scoped)
  )

  it.live("is let in again when its token has been replaced in the file", () =>
    Effect.gen(function* () {
      const place = yield* Effect.promise(namespace)
      yield* Effect.promise(() => create(place, "there"))
      const folder = yield* Effect.acquireRelease(
        Effect.sync(() => mkdtempSync(join(tmpdir(), "farmops-token-"))),
        (made) => Effect.sync(() => rmSync(made, { recursive: true }))
      )
      const write = (token: string) => writeFileSync(join(folder, "token"), `${token}\n`)
      write("of-yesterday")
      writeFileSync(join(folder, "ca.crt"), cluster.ca)
      writeFileSync(
        join(folder, "config"),
        `current-context: here
clusters: [{name: c, cluster: {server: "${cluster.url}", certificate-authority: ca.crt}}]
users: [{name: u, user: {tokenFile: token}}]
contexts: [{name: here, context: {cluster: c, user: u}}]
`
      )
      const client = yield* makeKubeClient(yield* loadKubeConfig(join(folder, "config")))
      const events = yield* collect({ client, resource: "pods", namespace: place, keep })
      yield* until("refused", () => phasesOf(events).includes("unauthorized"))
      write(tokens.admin)
      yield* until(
        "let in",
        () => phasesOf(events).at(-1) === "Synced",
        () => phasesOf(events)
      )
      assert.deepStrictEqual(changesOf(events), ["added there"])
    }).pipe(Effect.scoped)
  )

  it.live("is known by a client certificate", () =>
    Effect.gen(function* () {
      const file = join(cluster.folder, "by-certificate.kubeconfig")
      writeFileSync(
        file,
        `current-context: here
clusters: [{name: c, cluster: {server: "${cluster.url}", certificate-authority: ca.crt}}]
users: [{name: u, user: {client-certificate: client.crt, client-key: client.key}}]
contexts: [{name: here, context: {cluster: c, user: u}}]
`
      )
      const client = yield* makeKubeClient(yield* loadKubeConfig(file))
      const { metadata } = (yield* client.json("/api/v1/namespaces/kube-system")) as { metadata: { name: string } }
      assert.strictEqual(metadata.name, "kube-system")
    }).pipe(Effect.scoped)
  )

  it.live("does not talk to a server that another authority vouches for", () =>
    Effect.gen(function* () {
      const connection = { ...connectAs(cluster, tokens.admin) }
      const client = yield* makeKubeClient({
        ...connection,
        credentials: Effect.map(connection.credentials, (credentials) => ({ ...credentials, ca: null }))
      })
      const failure = yield* Effect.flip(client.json("/api/v1/namespaces/kube-system"))
      assert.strictEqual(failure.code, "unreachable")
    }).pipe(Effect.scoped)
  )
})
