import { execFile } from "node:child_process"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { type KubernetesCluster, startKubernetes, tokens } from "./KubernetesCluster.ts"
import { kubernetesMissing } from "./kubernetesParts.ts"
import { makeLargePods } from "./largePods.ts"

const pods = 5_000

const bare = "globalThis.gc();console.log(process.memoryUsage().rss / 1024 / 1024)"

describe.skipIf(kubernetesMissing !== null)(`${pods} pods on a real API server`, () => {
  let cluster: KubernetesCluster

  beforeAll(async () => {
    cluster = await startKubernetes()
    await makeLargePods(cluster, pods, (at) => at % 5 === 0)
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
