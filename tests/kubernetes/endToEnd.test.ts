import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { k8sPodHealth } from "@farmops/plugin-k8s-pod-health/plugin"
import { k8sResourceAudit } from "@farmops/plugin-k8s-resource-audit/plugin"
import type { DefinedPlugin } from "@farmops/plugin-sdk/contract/DefinedPlugin"
import type { Observation } from "@farmops/plugin-sdk/contract/Observation"
import { inProcessPlugin } from "@farmops/plugin-sdk/runtime/InProcessPlugin"
import { projectRawData } from "@farmops/plugin-sdk/runtime/projectFields"
import { verdictToWork } from "@farmops/plugin-sdk/runtime/verdictToWork"
import {
  type KubernetesSourceOptions,
  makeKubernetesSource
} from "@farmops/plugin-sdk/sources/kubernetes/KubernetesSource"
import { fieldsOfPlugins } from "@farmops/plugin-sdk/sources/kubernetes/keepFields"
import { AgentKey } from "@farmops/proof/AgentKey"
import * as Ed25519Node from "@farmops/proof/Ed25519Node"
import { FarmSalt } from "@farmops/proof/FarmSalt"
import { nodeBackend } from "@farmops/proof/NodeBackend"
import { ProofBuilder } from "@farmops/proof/ProofBuilder"
import { ProofChain } from "@farmops/proof/ProofChain"
import { ProofLog } from "@farmops/proof/ProofLog"
import { verifyChain } from "@farmops/proof/verify"
import { Effect, Layer } from "effect"
import { type KubernetesCluster, PodGone, startKubernetes, tokens } from "./KubernetesCluster.ts"
import { kubernetesMissing } from "./kubernetesParts.ts"
import { connectAs, hasty, podNamed, until } from "./watching.ts"

const agentLayer = ProofBuilder.layer.pipe(
  Layer.provideMerge(AgentKey.layerMemory),
  Layer.provideMerge(FarmSalt.layerMemory),
  Layer.provide(Ed25519Node.layer)
)
const chainLayer = ProofChain.layer.pipe(
  Layer.provideMerge(Layer.fresh(ProofLog.layerMemory)),
  Layer.provideMerge(Layer.fresh(agentLayer))
)

const containerNames = ["requests", "limits"] as const
const quantities = Object.fromEntries(containerNames.map((kind) => [kind, { cpu: "100m", memory: "64Mi" }]))
const hardened = { privileged: false, allowPrivilegeEscalation: false, runAsNonRoot: true, runAsUser: 1000 }
const labels = { app: "warehouse" }

const deployment = (container: object) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "warehouse" },
  spec: {
    replicas: 2,
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: { containers: [{ name: "main", image: "registry.example.test/warehouse:1", ...container }] }
    }
  }
})

interface ListedPod {
  readonly metadata: { readonly name: string }
}

describe.skipIf(kubernetesMissing !== null)("from a real API server to a proof", () => {
  let cluster: KubernetesCluster

  beforeAll(async () => {
    cluster = await startKubernetes()
    await cluster.startControllers()
  })
  afterAll(() => cluster?.stop())

  const namespace = async (name: string) => {
    await cluster.ask("POST", "/api/v1/namespaces", { metadata: { name } })
    return name
  }
  const podsOf = async (place: string) =>
    (await cluster.ask("GET", `/api/v1/namespaces/${place}/pods`)).body.items as ReadonlyArray<ListedPod>
  const deploymentsOf = (place: string) => `/apis/apps/v1/namespaces/${place}/deployments`

  const condition = (ready: boolean) => ({
    type: "Ready",
    status: ready ? "True" : "False",
    lastTransitionTime: new Date().toISOString()
  })
  const crashing = () => ({
    phase: "Running",
    conditions: [condition(false)],
    containerStatuses: [
      {
        ...{ name: "main", ready: false, restartCount: 7, image: "i", imageID: "i" },
        state: { waiting: { reason: "CrashLoopBackOff" } }
      }
    ]
  })
  const running = () => ({
    phase: "Running",
    conditions: [condition(true)],
    containerStatuses: [
      {
        ...{ name: "main", ready: true, restartCount: 0, image: "i", imageID: "i" },
        state: { running: { startedAt: new Date().toISOString() } }
      }
    ]
  })

  /** As an agent does it: cut to the plugin's fields, its memory of the subject, LeakGuard, the chain. */
  const follow = Effect.fnUntraced(function* (defined: DefinedPlugin, options: Partial<KubernetesSourceOptions>) {
    const chain = yield* ProofChain
    const plugin = inProcessPlugin(defined)
    const fields = defined.description.sources.find(({ source_type }) => source_type === "kubernetes")?.fields ?? []
    const memories = new Map<string, Uint8Array>()
    const verdicts: Array<string> = []
    const source = yield* makeKubernetesSource({
      name: "cluster",
      actor: "someone@example.test",
      connection: connectAs(cluster, tokens.admin),
      pace: hasty,
      ...options
    })
    const take = Effect.fnUntraced(function* (observation: Observation) {
      const subject = observation.subject ?? ""
      const rawData = projectRawData(observation.rawData, fields) ?? new Uint8Array()
      const verdict = yield* plugin.verify({ ...observation, rawData }, memories.get(subject))
      if (verdict.remember !== null) memories.set(subject, verdict.remember)
      verdicts.push(`${verdict.verdict}: ${verdict.verdict === "verified" ? verdict.description : verdict.reason}`)
      if (verdict.verdict !== "verified") return
      const guarded = verdictToWork(plugin, observation, verdict, "home-lab")
      if (guarded._tag === "Leak") throw new Error(`leak: ${guarded.fault}`)
      yield* chain.append(guarded.work, `${defined.description.plugin_id} ${observation.observationId}`)
    })
    const sink = {
      offer: (one: Observation) => Effect.orDie(take(one)),
      put: (one: Observation) => Effect.orDie(take(one))
    }
    yield* source.run(sink).pipe(Effect.forkScoped)
    return { verdicts }
  })

  const proofs = Effect.gen(function* () {
    const lines = (yield* (yield* ProofLog).entriesAfter(-1, 100)).map(({ line }) => line)
    const verdict = verifyChain(lines, (yield* AgentKey).publicKey, nodeBackend)
    assert.deepInclude(verdict, { ok: true, count: lines.length })
    return lines
  })

  it.live("a crash loop that is mended and holds is one proof, without a name in it", () =>
    Effect.gen(function* () {
      const place = yield* Effect.promise(() => namespace("granary"))
      assert.isNull(k8sPodHealth.configure({ unhealthy_minutes: 0, hold_minutes: 0 }))
      const { description } = k8sPodHealth
      const { verdicts } = yield* follow(k8sPodHealth, {
        watch: [{ resource: "pods", group_by: "workload", namespaces: [place] }],
        fields: { pods: fieldsOfPlugins(description.sources.map(({ fields }) => fields)) },
        pace: { ...hasty, againMs: 500 }
      })
      yield* Effect.promise(() => cluster.ask("POST", deploymentsOf(place), deployment({})))
      yield* until("two pods", async () => (await podsOf(place)).length === 2)
      const all = (status: () => object) =>
        Effect.promise(async () => {
          for (const { metadata } of await podsOf(place)) await cluster.fakeKubelet(place, metadata.name, status())
        })
      yield* all(crashing)
      yield* until(
        "unhealthy",
        () => verdicts.includes("rejected: the workload is unhealthy"),
        () => verdicts
      )
      assert.lengthOf(yield* proofs, 0)
      yield* all(running)
      yield* until(
        "a fix",
        () => verdicts.some((verdict) => verdict.startsWith("verified")),
        () => verdicts
      )
      const lines = yield* proofs
      assert.lengthOf(lines, 1)
      assert.include(lines[0], "Restored a workload of 2 pods after 0 minutes in a crash loop")
      for (const name of ["granary", "warehouse", "someone", "registry"]) assert.notInclude(lines[0], name)
      // Told once more, it counts no second time.
      yield* until("quiet", () => verdicts.at(-1)?.startsWith("rejected: the workload was not seen unhealthy") === true)
      assert.lengthOf(yield* proofs, 1)
    }).pipe(Effect.scoped, Effect.provide(chainLayer))
  )

  it.live("a sweep of all pods is one proof", () =>
    Effect.gen(function* () {
      assert.isNull(k8sPodHealth.configure({ unhealthy_minutes: 0, hold_minutes: 0 }))
      const place = yield* Effect.promise(() => namespace("meadow"))
      yield* Effect.promise(async () => {
        for (const name of ["north", "south"]) {
          await cluster.ask("POST", `/api/v1/namespaces/${place}/pods`, podNamed(name))
          await cluster.fakeKubelet(place, name, running())
        }
      })
      const { verdicts } = yield* follow(k8sPodHealth, {
        sweep: [{ resource: "pods", every_minutes: 60, namespaces: [place] }]
      })
      yield* until("swept", () => verdicts.length === 1)
      const lines = yield* proofs
      assert.lengthOf(lines, 1)
      assert.include(lines[0], "Verified the health of 2 pods in 1 namespace (0 unhealthy)")
    }).pipe(Effect.scoped, Effect.provide(chainLayer))
  )

  it.live("a workload that got its limits and lost its privileges is one proof once it is rolled out", () =>
    Effect.gen(function* () {
      const place = yield* Effect.promise(() => namespace("orchard"))
      assert.isNull(k8sResourceAudit.configure({ standing_hours: 0, ignore: [] }))
      const asked = k8sResourceAudit.description.sources.map(({ fields }) => fields)
      const { verdicts } = yield* follow(k8sResourceAudit, {
        watch: [{ resource: "deployments.apps", namespaces: [place] }],
        fields: { "deployments.apps": fieldsOfPlugins(asked) }
      })
      const path = deploymentsOf(place)
      // The controller takes old pods away meanwhile: a pod gone since the listing has no status to set.
      const rollOut = async () => {
        for (const { metadata } of await podsOf(place))
          await cluster.fakeKubelet(place, metadata.name, running()).catch((cause: unknown) => {
            if (!(cause instanceof PodGone)) throw cause
          })
      }
      yield* Effect.promise(() => cluster.ask("POST", path, deployment({ securityContext: { privileged: true } })))
      yield* until(
        "findings",
        () => verdicts.includes("rejected: what was found still stands"),
        () => verdicts
      )
      yield* until("two pods", async () => (await podsOf(place)).length === 2)
      yield* Effect.promise(rollOut)
      assert.lengthOf(yield* proofs, 0)
      yield* Effect.promise(() =>
        cluster.ask("PATCH", `${path}/warehouse`, deployment({ securityContext: hardened, resources: quantities }))
      )
      yield* until(
        "rolling",
        () => verdicts.includes("rejected: the new template is not rolled out yet"),
        () => verdicts
      )
      assert.lengthOf(yield* proofs, 0)
      yield* until(
        "a fix",
        async () => {
          await rollOut()
          // Like a kubelet: a pod that was told to go is gone.
          for (const pod of await podsOf(place)) {
            if ("deletionTimestamp" in pod.metadata)
              await cluster.ask("DELETE", `/api/v1/namespaces/${place}/pods/${pod.metadata.name}`, {
                gracePeriodSeconds: 0
              })
          }
          return verdicts.some((verdict) => verdict.startsWith("verified"))
        },
        () => verdicts
      )
      const lines = yield* proofs
      assert.lengthOf(lines, 1)
      assert.include(lines[0], "Resolved 7 findings of a workload, 3 of security")
      for (const name of ["orchard", "warehouse", "someone"]) assert.notInclude(lines[0], name)
    }).pipe(Effect.scoped, Effect.provide(chainLayer))
  )
})
