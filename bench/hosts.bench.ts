/** What each bundled host costs to keep and to start, beside an empty Node process of the same version. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { median, type Report, rounded } from "./report.ts"

const rounds = 3
/** Long enough for start-up garbage to be collected, short enough for a bench. */
const idleMs = 3000
const readyMsMax = 30_000

interface Program {
  readonly name: string
  readonly args: ReadonlyArray<string>
  /** Answers 200 when the host is ready; null when the process prints a line instead. */
  readonly readyUrl: string | null
}

interface Measured {
  readonly startMs: number
  readonly rssMb: number
  /** Its own memory and that of the processes it started. */
  readonly treeMb: number
}

// The condition that runs sources must not reach a bundle.
const env = { PATH: process.env.PATH, HOME: "/nonexistent", GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" }

const rssMb = (pid: number): number => {
  const kb = existsSync(`/proc/${pid}/status`)
    ? /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]
    : execFileSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" })
  return Number(kb) / 1024
}

const childrenOf = (pid: number): ReadonlyArray<number> => {
  if (!existsSync("/proc")) return []
  const direct = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return new RegExp(`\\) \\S ${pid} `).test(readFileSync(`/proc/${name}/stat`, "utf8"))
      } catch {
        return false
      }
    })
    .map(Number)
  return direct.flatMap((child) => [child, ...childrenOf(child)])
}

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms))

const isReady = async (url: string) => {
  try {
    return (await fetch(url)).ok
  } catch {
    return false
  }
}

const begin = async ({ args, name, readyUrl }: Program): Promise<{ child: ChildProcess; startMs: number }> => {
  const began = performance.now()
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "pipe"] })
  let printed = ""
  child.stdout.on("data", (text) => {
    printed += text
  })
  child.stderr.on("data", (text) => {
    printed += text
  })
  while (readyUrl === null ? printed === "" : !(await isReady(readyUrl))) {
    if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}: ${printed}`)
    if (performance.now() - began > readyMsMax) throw new Error(`${name} was not ready in time: ${printed}`)
    await pause(2)
  }
  return { child, startMs: performance.now() - began }
}

const end = async (child: ChildProcess) => {
  if (child.exitCode !== null) return
  const closed = once(child, "close")
  child.kill("SIGTERM")
  await closed
}

const measure = async (program: Program, beside: Program | null): Promise<Measured> => {
  const other = beside === null ? null : await begin(beside)
  const { child, startMs } = await begin(program)
  await pause(idleMs)
  const pid = child.pid ?? 0
  const own = rssMb(pid)
  const tree = childrenOf(pid).reduce((sum, each) => sum + rssMb(each), own)
  await end(child)
  if (other !== null) await end(other.child)
  return { startMs, rssMb: own, treeMb: tree }
}

const freePorts = async (count: number): Promise<ReadonlyArray<number>> => {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer()
      server.listen(0, "127.0.0.1")
      await once(server, "listening")
      return server
    })
  )
  const ports = servers.map((server) => {
    const address = server.address()
    return typeof address === "object" && address !== null ? address.port : 0
  })
  for (const server of servers) server.close()
  return ports
}

const bundle = (host: string) => resolve(`hosts/${host}/dist/main.js`)

const makeRepository = (path: string) => {
  mkdirSync(path)
  const git = (...args: ReadonlyArray<string>) => execFileSync("git", ["-C", path, ...args], { env, stdio: "ignore" })
  git("init", "--quiet")
  git("config", "user.name", "Bench")
  git("config", "user.email", "bench@example.org")
  writeFileSync(join(path, "file.ts"), "export const one = 1\n")
  git("add", ".")
  git("commit", "--quiet", "-m", "one")
}

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
