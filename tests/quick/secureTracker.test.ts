/** Tracker and agent as an operator runs them beyond one machine: TLS with a certificate of their own, and a key for the agent. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, describe, expect, it } from "vitest"
import { eventually, temporary } from "./FarmProcess.ts"
import { makeMarkedRepository, markers } from "./markedRepository.ts"
import { freePort } from "./sleepingTracker.ts"

const commits = 3
const folder = temporary("secure")
const running: Array<ChildProcess> = []
const at = (name: string) => join(folder.path, name)

const environment = (more: Record<string, string> = {}) => ({
  PATH: process.env.PATH,
  HOME: "/nonexistent",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  NODE_OPTIONS: "--conditions=@farmops/source",
  ...more
})
const programOf = (host: string, name: string) =>
  fileURLToPath(new URL(`../../hosts/${host}/bin/${name}.js`, import.meta.url))

const stop = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill("SIGTERM")
  await once(child, "close")
}

afterAll(async () => {
  await Promise.all(running.map(stop))
  folder.remove()
})

const start = (host: string, args: ReadonlyArray<string>, more: Record<string, string> = {}) => {
  const child = spawn(process.execPath, [programOf(host, `farmops-${host}`), ...args], {
    cwd: folder.path,
    stdio: ["ignore", "pipe", "pipe"],
    env: environment(more)
  })
  running.push(child)
  const output = { text: "" }
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (text) => {
      output.text += text
    })
  }
  return { child, output }
}

/** A command, with what it printed. */
const farmops = (args: ReadonlyArray<string>, more: Record<string, string> = {}) => {
  const { status, stderr, stdout } = spawnSync(process.execPath, [programOf("cli", "farmops"), ...args], {
    cwd: folder.path,
    encoding: "utf8",
    env: environment(more)
  })
  return { status, stdout, stderr }
}

const portOf = ({ child, output }: ReturnType<typeof start>, pattern: RegExp) =>
  eventually("it serves", async () => {
    if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode}: ${output.text}`)
    return pattern.exec(output.text)?.[1] ?? null
  })

const agentPort = await freePort()

describe("a tracker with TLS that asks agents for a key", () => {
  it("takes nothing from an agent without one, and everything once it has it", async () => {
    const repository = makeMarkedRepository(folder.path, commits)
    expect(farmops(["tracker", "tls", "new", "--host", "127.0.0.1"]).status).toBe(0)
    const tls = ["--tls-cert", "tls/tls.crt", "--tls-key", "tls/tls.key", "--agent-auth", "required"]
    const tracker = start("tracker", ["--db", at("tracker/farm.db"), "--port", "0", ...tls])
    const url = `https://127.0.0.1:${await portOf(tracker, /https:\/\/127\.0\.0\.1:(\d+)/)}`
    const token = readFileSync(at("tracker/owner-token"), "utf8").trim()
    const ask = (...args: ReadonlyArray<string>) =>
      farmops(["--tracker-url", url, "--ca", "tls/tls.crt", ...args], { FARMOPS_OWNER_TOKEN: token })

    const yaml = `data: ./agent\nrepository:\n  path: ./${markers.folder}\ntracker:\n  url: ${url}\n  ca: tls/tls.crt\n`
    writeFileSync(at("agent.yaml"), yaml)
    const flags = ["--config", at("agent.yaml"), "--port", String(agentPort)]
    const agent = start("agent", flags)
    const pending = await eventually("the agent asks", async () => {
      const listed = JSON.parse(ask("agent", "list", "--json").stdout || "{}")
      return listed.agents?.[0] ?? null
    })
    expect(pending.status).toBe("pending")
    await eventually("the agent says its fingerprint", async () =>
      agent.output.text.includes(pending.fingerprint) ? true : null
    )
    expect(ask("agent", "approve", pending.agent_id).stdout).toContain(pending.fingerprint)
    await eventually("the agent is turned away", async () => {
      const status = await (await fetch(`http://127.0.0.1:${agentPort}/api/v1/status`)).json()
      const { delivery_error } = status as { readonly delivery_error: string | null }
      return delivery_error === "agent_unauthenticated" ? true : null
    })
    expect(JSON.parse(ask("farm", "--json").stdout).proofs).toBe(0)

    const key = ask("agent", "key", "new", pending.agent_id).stdout.trim()
    await stop(agent.child)
    writeFileSync(at("agent.yaml"), `${yaml}  api_key: \${TRACKER_KEY}\n`)
    const keyed = start("agent", flags, { TRACKER_KEY: key })
    await eventually("the farm grows", async () => {
      const { proofs } = JSON.parse(ask("farm", "--json").stdout)
      return proofs > commits ? proofs : null
    })

    expect(keyed.output.text).not.toContain("gRPC does not reach")
    rmSync(at("tracker/owner-token"))
    const rotated = ask("tracker", "token", "rotate").stdout.trim()
    expect(ask("agent", "key", "drop", pending.agent_id).stderr).toContain("owner's token")
    const withNew = farmops(["--tracker-url", url, "agent", "key", "drop", pending.agent_id], {
      FARMOPS_OWNER_TOKEN: rotated,
      FARMOPS_CA: "tls/tls.crt"
    })
    expect(withNew.stdout).toContain("1 key")
    for (const { output } of [tracker, agent, keyed]) {
      const found = [...Object.values(markers), ...repository.hashes, key, token, rotated].filter((secret) =>
        output.text.toLowerCase().includes(secret.toLowerCase())
      )
      expect(found).toEqual([])
    }
  }, 170_000)
})
