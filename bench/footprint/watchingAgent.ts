/** The bundled agent as its chart configures it, on a real API server: started, let in by a tracker, and seen to have caught up. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { type KubernetesCluster, tokens } from "../../tests/kubernetes/KubernetesCluster.ts"
import { begin, freePorts, pause } from "../program.ts"
import type { StartFlags } from "./shippedFlags.ts"

// All pods are read, cut, stored and shown to the plugins within seconds; a busy machine takes longer.
const caughtUpMsMax = 120_000

/** The first-party plugins that every agent is to have, and the sources that they look at. */
const plugins = ["k8s-pod-health", "k8s-resource-audit", "prometheus-alert-resolve", "git-pr-review"]

const bundle = (host: string, file = "main.js") => resolve(`hosts/${host}/dist/${file}`)

/** What must be there before anything is started. */
export const bundles = [bundle("agent"), bundle("agent", "plugin-host.js"), bundle("tracker")]

const yaml = (value: unknown) => JSON.stringify(value)

const manifest = (flags: StartFlags) =>
  yaml({
    hosts: {
      p0: {
        command: process.execPath,
        args: [...flags.plugins, bundle("agent", "plugin-host.js")],
        environment: Object.keys(flags.environment)
      }
    },
    plugins: plugins.map((name) => ({ id: `farmops/${name}`, host: "p0" }))
  })

const settings = (hooksPort: number) =>
  yaml({
    data: "agent",
    plugins: "farmops-plugins.yaml",
    actor: { identifier: "bench", type: "system" },
    hooks: { port: hooksPort },
    sources: [
      {
        name: "cluster",
        type: "kubernetes",
        kubeconfig: "kubeconfig",
        watch: [
          { resource: "pods", group_by: "workload" },
          ...["deployments.apps", "statefulsets.apps", "daemonsets.apps"].map((resource) => ({ resource }))
        ],
        sweep: { resource: "pods", every_minutes: 360 }
      },
      { name: "alerts", type: "alertmanager", webhook: { credential: { bearer_token: "a token of the bench" } } },
      { name: "reviews", type: "webhook", sender: "github", secrets: ["a secret of the bench"] }
    ]
  })

const kubeconfig = ({ folder, url }: KubernetesCluster) =>
  yaml({
    "current-context": "bench",
    clusters: [{ name: "bench", cluster: { server: url, "certificate-authority": join(folder, "ca.crt") } }],
    users: [{ name: "bench", user: { token: tokens.admin } }],
    contexts: [{ name: "bench", context: { cluster: "bench", user: "bench" } }]
  })

/** Starts a tracker in `folder`, and says how to let an agent in. */
export const startTracker = async (folder: string) => {
  const [port = 0] = await freePorts(1)
  const url = `http://127.0.0.1:${port}`
  const args = [bundle("tracker"), "--db", `sqlite://${join(folder, "farm.db")}`, "--data", folder, "--port", `${port}`]
  const { child } = await begin({ name: "tracker", args, readyUrl: `${url}/readyz` })
  const approveAll = async () => {
    const authorization = `Bearer ${readFileSync(join(folder, "owner-token"), "utf8").trim()}`
    const { agents } = (await (await fetch(`${url}/api/v1/agents`)).json()) as {
      readonly agents: ReadonlyArray<{ readonly agent_id: string; readonly status: string }>
    }
    for (const { agent_id, status } of agents) {
      if (status !== "pending") continue
      await fetch(`${url}/api/v1/agents/${agent_id}/approve`, { method: "POST", headers: { authorization } })
    }
  }
  return { url, child, approveAll }
}

interface Status {
  readonly proved: number
  readonly rejected: number
  readonly observations: { readonly pending: number }
  readonly sources: ReadonlyArray<{ readonly name: string; readonly phase: string; readonly observations: number }>
}

/** Starts an agent with a data folder of its own, and waits until it has seen `subjects` workloads and objects and is done with them. */
export const startWatching = async (
  folder: string,
  cluster: KubernetesCluster,
  tracker: Awaited<ReturnType<typeof startTracker>>,
  flags: StartFlags,
  subjects: number
) => {
  mkdirSync(folder)
  const [port = 0, hooksPort = 0] = await freePorts(2)
  writeFileSync(join(folder, "farmops-plugins.yaml"), manifest(flags))
  writeFileSync(join(folder, "agent.yaml"), settings(hooksPort))
  writeFileSync(join(folder, "kubeconfig"), kubeconfig(cluster))
  const url = `http://127.0.0.1:${port}`
  const config = ["--config", join(folder, "agent.yaml"), "--tracker-url", tracker.url, "--port", `${port}`]
  const began = performance.now()
  const { child, startMs } = await begin({
    name: "agent",
    args: [...flags.agent, bundle("agent"), ...config],
    environment: flags.environment,
    readyUrl: `${url}/healthz`
  })
  for (;;) {
    await tracker.approveAll()
    const status = (await (await fetch(`${url}/api/v1/status`)).json()) as Status
    const seen = status.sources.find(({ name }) => name === "cluster")
    const isDone = status.observations.pending === 0 && status.proved > 0
    if (seen?.phase === "watching" && seen.observations >= subjects && isDone) break
    if (performance.now() - began > caughtUpMsMax)
      throw new Error(`the agent has not caught up: ${JSON.stringify(status)}`)
    await pause(100)
  }
  return { child, startMs, caughtUpMs: performance.now() - began }
}
