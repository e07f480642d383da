/**
 * What the agent costs where it works: the bundle with its first-party plugins in one process, on a real API server with 5,000 pods,
 * started as its image and chart start it, beside an empty Node process of the same version.
 */
import { spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type KubernetesCluster, startKubernetes } from "../tests/kubernetes/KubernetesCluster.ts"
import { kubernetesMissing } from "../tests/kubernetes/kubernetesParts.ts"
import { makeDeployments, makeLargePods } from "../tests/kubernetes/largePods.ts"
import { noFlags, type StartFlags, sayFlags, shippedFlags } from "./footprint/shippedFlags.ts"
import { bundles, startTracker, startWatching } from "./footprint/watchingAgent.ts"
import { type Weight, weigh } from "./footprint/weigh.ts"
import { begin, end, pause } from "./program.ts"
import { median, type Report, rounded } from "./report.ts"

const pods = 5_000
// 250 workloads, and as many Deployments.
const subjects = 500
const rounds = 3
/** Longer than V8 waits before it collects what start-up left behind. */
const settleMs = 15_000
const idleSeconds = 30

interface Round extends Weight {
  readonly startMs: number
  readonly caughtUpMs: number | null
}

const empty = {
  name: "empty Node process",
  args: ["-e", "console.log('ready'); setInterval(() => {}, 1 << 30)"],
  readyUrl: null
}

const measureEmpty = async (): Promise<Round> => {
  const { child, startMs } = await begin(empty)
  await pause(1000)
  const weight = await weigh(child.pid ?? 0, 6)
  await end(child)
  return { ...weight, startMs, caughtUpMs: null }
}

const measureAgent = async (folder: string, cluster: KubernetesCluster, flags: StartFlags): Promise<Round> => {
  const tracker = await startTracker(mkdtempSync(join(folder, "tracker-")))
  try {
    const own = join(mkdtempSync(join(folder, "agent-")), "agent")
    const { caughtUpMs, child, startMs } = await startWatching(own, cluster, tracker, flags, subjects)
    await pause(settleMs)
    const weight = await weigh(child.pid ?? 0, idleSeconds)
    await end(child)
    return { ...weight, startMs, caughtUpMs }
  } finally {
    await end(tracker.child)
  }
}

const build = () => {
  if (bundles.every((file) => existsSync(file))) return
  console.error("building the bundles first…")
  const built = spawnSync("npm", ["run", "-s", "build"], { stdio: ["ignore", "ignore", "inherit"] })
  if (built.status !== 0) throw new Error("npm run build failed")
}

const rowOf = (program: string, taken: ReadonlyArray<Round>) => {
  const of = (pick: (round: Round) => number) => rounded(median(taken.map(pick)))
  const isAgent = taken.every(({ caughtUpMs }) => caughtUpMs !== null)
  return {
    program,
    rss_mb: of((round) => round.ownMb),
    with_plugins_mb: isAgent ? of((round) => round.treeMb) : null,
    idle_cpu_percent: of((round) => round.cpuPercent),
    start_ms: Math.round(of((round) => round.startMs)),
    caught_up_ms: isAgent ? Math.round(of((round) => round.caughtUpMs ?? 0)) : null
  }
}

export const run = async (): Promise<Report> => {
  if (kubernetesMissing !== null) throw new Error(`this benchmark needs a kube-apiserver; ${kubernetesMissing}`)
  build()
  const shipped = shippedFlags()
  const folder = mkdtempSync(join(tmpdir(), "farmops-footprint-"))
  const bare: Array<Round> = []
  const agent: Array<Round> = []
  const cluster = await startKubernetes()
  try {
    await makeLargePods(cluster, pods, () => true)
    await makeDeployments(cluster, pods)
    for (let round = 0; round < rounds; round++) {
      bare.push(await measureEmpty())
      agent.push(await measureAgent(folder, cluster, shipped))
    }
    const plain = await measureAgent(folder, cluster, noFlags)
    const of = (taken: ReadonlyArray<Round>, pick: (round: Round) => number) => median(taken.map(pick))
    const bareMb = of(bare, ({ ownMb }) => ownMb)
    return {
      ratios: {
        agent_rss_vs_bare_node: rounded(of(agent, ({ ownMb }) => ownMb) / bareMb),
        total_rss_vs_bare_node: rounded(of(agent, ({ treeMb }) => treeMb) / bareMb),
        idle_cpu_percent: rounded(of(agent, ({ cpuPercent }) => cpuPercent))
      },
      rows: [
        rowOf(empty.name, bare),
        rowOf("agent, as shipped", agent),
        rowOf("agent, without flags (1 round)", [plain])
      ],
      notes: [
        `Node ${process.version}, medians of ${rounds} rounds; ${pods} pods in ${subjects / 2} workloads, and their Deployments, on one kube-apiserver.`,
        `As shipped: ${sayFlags(shipped)}.`,
        `Memory: resident, medians over ${idleSeconds} s, ${settleMs / 1000} s after everything was read; with_plugins: all processes below the agent too. Processor: of one core, all of them, in those ${idleSeconds} s.`,
        "Start: until /healthz answers 200. Caught up: until every pod and Deployment was read, stored and looked at by the plugins, the tracker's approval included."
      ]
    }
  } finally {
    await cluster.stop()
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}
