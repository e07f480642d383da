/** Pods about as large as real ones, by the thousand: 4 KiB of JSON each with what the server adds. */
import type { KubernetesCluster } from "./KubernetesCluster.ts"
import { podNamed } from "./watching.ts"

// Requests that are under way at once.
const makers = 16

// As many as one Deployment's ReplicaSet would have.
const podsOfWorkload = 20

const container = {
  resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "256Mi" } },
  env: Array.from({ length: 12 }, (_, n) => ({ name: `SETTING_${n}`, value: `a value of some length, number ${n}` })),
  volumeMounts: [{ name: "data", mountPath: "/data" }]
}

const hash = "5d8c7b9f6d"

const podAt = (at: number) => {
  const app = `app-${Math.floor(at / podsOfWorkload)}`
  const labels = { app, tier: "backend", "pod-template-hash": hash }
  const pod = podNamed(`pod-${String(at).padStart(5, "0")}`, labels, container)
  const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", name: `${app}-${hash}`, uid: `uid-of-${app}` }
  return {
    ...pod,
    metadata: { ...pod.metadata, ownerReferences: [{ ...owner, controller: true }] },
    spec: { ...pod.spec, volumes: [{ name: "data", emptyDir: {} }] }
  }
}

const statusAt = (at: number) => ({
  phase: "Running",
  conditions: [{ type: "Ready", status: "True", lastTransitionTime: "2026-01-01T00:00:00Z" }],
  containerStatuses: [
    {
      name: "main",
      ready: true,
      restartCount: at % 7,
      image: "registry.example.test/team/service:1.2.3",
      imageID: `registry.example.test/team/service@sha256:${"0123456789abcdef".repeat(4)}`,
      state: { running: { startedAt: "2026-01-01T00:00:00Z" } }
    }
  ]
})

const deploymentAt = (at: number) => {
  const labels = { app: `app-${at}` }
  const { spec } = podNamed("", {}, container)
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: `app-${at}` },
    spec: {
      replicas: podsOfWorkload,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { ...spec, volumes: [{ name: "data", emptyDir: {} }] } }
    }
  }
}

const sideBySide = async (count: number, make: (at: number) => Promise<void>) => {
  let next = 0
  const work = async () => {
    while (next < count) await make(next++)
  }
  await Promise.all(Array.from({ length: makers }, work))
}

const created = (what: string, status: number) => {
  if (status !== 201) throw new Error(`${what} was not made: ${status}`)
}

/** Makes `count` pods in the namespace `default`, in workloads of twenty; each that `runs` names is said to run. */
export const makeLargePods = (cluster: KubernetesCluster, count: number, runs: (at: number) => boolean) =>
  sideBySide(count, async (at) => {
    const pod = podAt(at)
    created("a pod", (await cluster.ask("POST", "/api/v1/namespaces/default/pods", pod)).status)
    if (runs(at)) await cluster.fakeKubelet("default", pod.metadata.name, statusAt(at))
  })

/** Makes the Deployments that so many pods belong to. Without controllers nothing comes of them. */
export const makeDeployments = (cluster: KubernetesCluster, pods: number) =>
  sideBySide(Math.ceil(pods / podsOfWorkload), async (at) => {
    const { status } = await cluster.ask("POST", "/apis/apps/v1/namespaces/default/deployments", deploymentAt(at))
    created("a Deployment", status)
  })
