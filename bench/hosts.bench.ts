/** What each bundled host costs to keep and to start, beside an empty Node process of the same version. */
import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { begin, childrenOf, end, env, freePorts, makeRepository, type Program, pause, rssMb } from "./program.ts"
import { median, type Report, rounded } from "./report.ts"

const rounds = 3
/** Long enough for start-up garbage to be collected, short enough for a bench. */
const idleMs = 3000

interface Measured {
  readonly startMs: number
  readonly rssMb: number
  /** Its own memory and that of the processes it started. */
  readonly treeMb: number
}

// An agent asks git now and then: such a child may end between the list and the look.
const rssOrGoneMb = (pid: number): number => {
  try {
    return rssMb(pid)
  } catch {
    return 0
  }
}

const measure = async (program: Program, beside: Program | null): Promise<Measured> => {
  const other = beside === null ? null : await begin(beside)
  const { child, startMs } = await begin(program)
  await pause(idleMs)
  const pid = child.pid ?? 0
  const own = rssMb(pid)
  const tree = childrenOf(pid).reduce((sum, each) => sum + rssOrGoneMb(each), own)
  await end(child)
  if (other !== null) await end(other.child)
  return { startMs, rssMb: own, treeMb: tree }
}

const bundle = (host: string) => resolve(`hosts/${host}/dist/main.js`)

const empty: Program = {
  name: "empty Node process",
  args: ["-e", "console.log('ready'); setInterval(() => {}, 1 << 30)"],
  readyUrl: null
}

const programsOf = async (folder: string): Promise<ReadonlyArray<readonly [Program, Program | null]>> => {
  const [trackerPort, villagePort, agentPort, upBase] = await freePorts(4)
  const at = (name: string) => join(folder, name)
  mkdirSync(folder)
  makeRepository(at("repository"))
  writeFileSync(at("agent.yaml"), `data: ${at("agent")}\nrepository:\n  path: ${at("repository")}\n`)
  const tracker: Program = {
    name: "tracker",
    args: [bundle("tracker"), "--db", `sqlite://${at("farm.db")}`, "--port", String(trackerPort)],
    readyUrl: `http://127.0.0.1:${trackerPort}/readyz`
  }
  return [
    [empty, null],
    [tracker, null],
    [
      {
        name: "village",
        args: [
          bundle("village"),
          "--db",
          `sqlite://${at("village.db")}`,
          "--name",
          "Bench",
          "--port",
          String(villagePort)
        ],
        readyUrl: `http://127.0.0.1:${villagePort}/readyz`
      },
      null
    ],
    [
      {
        name: "agent",
        args: [
          bundle("agent"),
          "--config",
          at("agent.yaml"),
          "--tracker-url",
          `http://127.0.0.1:${trackerPort}`,
          "--port",
          String(agentPort)
        ],
        readyUrl: `http://127.0.0.1:${agentPort}/healthz`
      },
      tracker
    ],
    [
      {
        name: "farmops up",
        args: [bundle("cli"), "up", "--data", at("up"), "--repo", at("repository"), "--port-base", String(upBase)],
        readyUrl: `http://127.0.0.1:${upBase}/readyz`
      },
      null
    ]
  ]
}

const helpMs = (): number => {
  const began = performance.now()
  spawnSync(process.execPath, [bundle("harness"), "--help"], { env, stdio: "ignore" })
  return performance.now() - began
}

export const run = async (): Promise<Report> => {
  const hosts = ["agent", "tracker", "village", "harness", "cli"]
  if (hosts.some((host) => !existsSync(bundle(host)))) {
    console.error("building the bundles first…")
    const built = spawnSync("npm", ["run", "-s", "build"], { stdio: ["ignore", "ignore", "inherit"] })
    if (built.status !== 0) throw new Error("npm run build failed")
  }
  const folder = mkdtempSync(join(tmpdir(), "farmops-bench-"))
  const results = new Map<string, Array<Measured>>()
  const harness: Array<number> = []
  try {
    for (let round = 0; round < rounds; round++) {
      for (const [program, beside] of await programsOf(join(folder, String(round)))) {
        results.set(program.name, [...(results.get(program.name) ?? []), await measure(program, beside)])
      }
      harness.push(helpMs())
    }
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
  const of = (name: string, pick: (measured: Measured) => number) => median((results.get(name) ?? []).map(pick))
  const bare = { rss: of(empty.name, (m) => m.rssMb), start: of(empty.name, (m) => m.startMs) }
  const names = [...results.keys()].filter((name) => name !== empty.name)
  const key = (name: string) => name.replaceAll(" ", "_")
  const sizeMb = (host: string) => rounded(statSync(bundle(host)).size / 1e6)
  const ratios = Object.fromEntries([
    ...names.map((name) => [`${key(name)}_rss_vs_bare_node`, rounded(of(name, (m) => m.rssMb) / bare.rss)]),
    ...names.map((name) => [`${key(name)}_start_vs_bare_node`, rounded(of(name, (m) => m.startMs) / bare.start)])
  ])
  return {
    ratios,
    rows: [
      ...[...results.keys()].map((name) => ({
        program: name,
        idle_rss_mb: rounded(of(name, (m) => m.rssMb)),
        with_children_mb: rounded(of(name, (m) => m.treeMb)),
        start_ms: Math.round(of(name, (m) => m.startMs)),
        bundle_mb: name === empty.name ? null : sizeMb(name === "farmops up" ? "cli" : name)
      })),
      {
        program: "harness --help",
        idle_rss_mb: null,
        with_children_mb: null,
        start_ms: Math.round(median(harness)),
        bundle_mb: sizeMb("harness")
      }
    ],
    notes: [
      `Node ${process.version}, default heap flags, medians of ${rounds} rounds taken in turn.`,
      `Start: until /readyz answers 200 (agent: /healthz, it waits for approval); the empty process until it prints. Memory: resident, ${idleMs / 1000} s later.`
    ]
  }
}
