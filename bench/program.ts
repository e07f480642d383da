/** Starts programs for benchmarks, knows when they are ready, and weighs them. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"

const readyMsMax = 30_000

export interface Program {
  readonly name: string
  readonly args: ReadonlyArray<string>
  /** Node itself unless another program is named; then it leads a process group of its own. */
  readonly command?: string
  /** Besides what every program gets. */
  readonly environment?: Readonly<Record<string, string>>
  /** Answers 200 when the host is ready; null when the process prints a line instead. */
  readonly readyUrl: string | null
}

// The condition that runs sources must not reach a bundle.
export const env = {
  PATH: process.env.PATH,
  HOME: "/nonexistent",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1"
}

export const rssMb = (pid: number): number => {
  const kb = existsSync(`/proc/${pid}/status`)
    ? /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]
    : execFileSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" })
  return Number(kb) / 1024
}

export const childrenOf = (pid: number): ReadonlyArray<number> => {
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

export const pause = (ms: number) => new Promise((done) => setTimeout(done, ms))

const isReady = async (url: string) => {
  try {
    return (await fetch(url)).ok
  } catch {
    return false
  }
}

export const begin = async ({
  args,
  command,
  environment,
  name,
  readyUrl
}: Program): Promise<{ child: ChildProcess; startMs: number }> => {
  const began = performance.now()
  const child = spawn(command ?? process.execPath, args, {
    env: { ...env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
    detached: command !== undefined
  })
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

export const end = async (child: ChildProcess) => {
  if (child.exitCode !== null) return
  const closed = once(child, "close")
  // npm passes no signal on to what it started, so the whole group is asked.
  if (child.spawnfile === process.execPath) child.kill("SIGTERM")
  else process.kill(-(child.pid ?? 0), "SIGTERM")
  await closed
}

export const freePorts = async (count: number): Promise<ReadonlyArray<number>> => {
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

export const makeRepository = (path: string) => {
  mkdirSync(path)
  const git = (...args: ReadonlyArray<string>) => execFileSync("git", ["-C", path, ...args], { env, stdio: "ignore" })
  git("init", "--quiet")
  git("config", "user.name", "Bench")
  git("config", "user.email", "bench@example.org")
  writeFileSync(join(path, "file.ts"), "export const one = 1\n")
  git("add", ".")
  git("commit", "--quiet", "-m", "one")
}
