import { execFile } from "node:child_process"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { type KubernetesCluster, startKubernetes, tokens } from "./KubernetesCluster.ts"
import { kubernetesMissing } from "./kubernetesParts.ts"
import { podNamed } from "./watching.ts"

const pods = 5_000
// Requests that are under way at once while the pods are made.
const makers = 16

const containerStatus = (name: string, restartCount: number) => ({
  name,
  ready: true,
  restartCount,
  image: "registry.example.test/team/service:1.2.3",
  imageID: `registry.example.test/team/service@sha256:${"0123456789abcdef".repeat(4)}`,
  state: { running: { startedAt: "2026-01-01T00:00:00Z" } }
})

/** About as much as a real one: 4 KiB of JSON with what the server adds. */
const largePod = (at: number) => ({
  ...podNamed(
    `pod-${String(at).padStart(5, "0")}`,
    { app: `app-${at % 250}`, tier: "backend" },
    {
      resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "256Mi" } },
      env: Array.from({ length: 12 }, (_, n) => ({
        name: `SETTING_${n}`,
        value: `a value of some length, number ${n}`
      })),
      volumeMounts: [{ name: "data", mountPath: "/data" }]
    }
  )
})

const bare = "globalThis.gc();console.log(process.memoryUsage().rss / 1024 / 1024)"

describe.skipIf(kubernetesMissing !== null)(`${pods} pods on a real API server`, () => {
  let cluster: KubernetesCluster

  beforeAll(async () => {
    cluster = await startKubernetes()
    const path = "/api/v1/namespaces/default/pods"
    let next = 0
    const make = async () => {
      while (next < pods) {
        const at = next++
        const body = { ...largePod(at) }
        const spec = { ...body.spec, volumes: [{ name: "data", emptyDir: {} }] }
        const { status } = await cluster.ask("POST", path, { ...body, spec })
        assert.strictEqual(status, 201)
        if (at % 5 === 0) {
          const statuses = { phase: "Running", containerStatuses: [containerStatus("main", at % 7)] }
          await cluster.fakeKubelet("default", body.metadata.name, statuses)
        }
      }
    }
    await Promise.all(Array.from({ length: makers }, make))
  })
  afterAll(() => cluster?.stop())

  it("are all seen, within a bounded memory", async () => {
    const run = promisify(execFile)
    const program = fileURLToPath(new URL("reflectorProcess.ts", import.meta.url))
    const flags = ["--conditions=@farmops/source", "--expose-gc"]
    const args = [cluster.url, join(cluster.folder, "ca.crt"), tokens.admin]
    const { stdout } = await run(process.execPath, [...flags, program, ...args])
    const measured = JSON.parse(stdout) as Record<"pods" | "ms" | "rssMib" | "rssBeforeMib" | "heapMib", number>
    const empty = Number((await run(process.execPath, ["--expose-gc", "--eval", bare])).stdout)
    const { body } = await cluster.ask("GET", "/api/v1/pods")
    const listMib = Math.round((JSON.stringify(body).length / 1024 / 1024) * 10) / 10
    console.log(JSON.stringify({ ...measured, listMib, emptyNodeMib: Math.round(empty * 10) / 10 }))
    assert.strictEqual(measured.pods, pods)
    // What is held is what is kept: some 1 KiB for each pod.
    assert.isBelow(measured.heapMib, 16)
    // What passed through is gone again. Without paging and cutting it would be a few times the list.
    assert.isBelow(measured.rssMib - measured.rssBeforeMib, 64)
  })
})
