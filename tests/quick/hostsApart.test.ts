/** Agent, tracker and village as three programs, as an operator runs them: they find each other, and their logs say nothing of the work. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, describe, expect, it } from "vitest"
import { eventually, temporary } from "./FarmProcess.ts"
import { makeMarkedRepository, markers } from "./markedRepository.ts"

const commits = 4
const ownerToken = "0123456789abcdef0123456789abcdef"
const folder = temporary("apart")
const running: Array<ChildProcess> = []

afterAll(async () => {
  await Promise.all(running.map(stop))
  folder.remove()
})

const stop = async (child: ChildProcess): Promise<number | null> => {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill("SIGTERM")
    await once(child, "close")
  }
  return child.exitCode
}

/** Starts a host with its default log level. */
const startHost = (name: string, args: ReadonlyArray<string>, secret: Record<string, string> = {}) => {
  const program = fileURLToPath(new URL(`../../hosts/${name}/bin/farmops-${name}.js`, import.meta.url))
  const child = spawn(process.execPath, [program, ...args], {
    cwd: folder.path,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH: process.env.PATH,
      HOME: "/nonexistent",
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_CONFIG_GLOBAL: "/dev/null",
      NODE_OPTIONS: "--conditions=@farmops/source",
      ...secret
    }
  })
  running.push(child)
  const output = { text: "" }
  child.stdout.on("data", (text) => {
    output.text += text
  })
  child.stderr.on("data", (text) => {
    output.text += text
  })
  /** Its first URL, once it serves. */
  const url = () =>
    eventually(`${name} serves`, async () => {
      if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}: ${output.text}`)
      const port = /127\.0\.0\.1(?::|","port":)(\d+)/.exec(output.text)?.[1]
      return port === undefined ? null : `http://127.0.0.1:${port}`
    })
  return { url, output }
}

const getJson = async <A>(url: string): Promise<A> => (await (await fetch(url)).json()) as A

const asOwner = (url: string, body?: object) =>
  fetch(url, {
    method: "POST",
    headers: { authorization: `Bearer ${ownerToken}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) })
  })

describe("agent, tracker and village as separate programs", () => {
  it("grow a farm once its owner approves the agent, rank it, log nothing of the work, and stop cleanly", async () => {
    const repository = makeMarkedRepository(folder.path, commits)
    const at = (name: string) => join(folder.path, name)
    const tracker = startHost("tracker", ["--db", at("tracker/farm.db"), "--port", "0"], {
      FARMOPS_OWNER_TOKEN: ownerToken
    })
    const village = startHost("village", ["--db", at("village.db"), "--name", "V", "--port", "0"])
    const trackerUrl = await tracker.url()
    const villageUrl = await village.url()
    writeFileSync(at("agent.yaml"), `data: ./agent\nrepository:\n  path: ./${markers.folder}\n`)
    const flags = ["--config", at("agent.yaml"), "--tracker-url", trackerUrl, "--port", "0"]
    const agent = startHost("agent", flags)

    const pending = await eventually("the agent asks", async () => {
      const { agents } = await getJson<{ agents: ReadonlyArray<{ agent_id: string; status: string }> }>(
        `${trackerUrl}/api/v1/agents`
      )
      return agents[0] ?? null
    })
    expect(pending.status).toBe("pending")
    expect((await getJson<{ proofs: number }>(`${trackerUrl}/api/v1/farm`)).proofs).toBe(0)
    expect((await fetch(`${trackerUrl}/api/v1/agents/${pending.agent_id}/approve`, { method: "POST" })).status).toBe(
      401
    )
    expect((await asOwner(`${trackerUrl}/api/v1/agents/${pending.agent_id}/approve`)).ok).toBe(true)

    const coins = await eventually("the farm grows", async () => {
      const farm = await getJson<{ proofs: number; total_coins: number }>(`${trackerUrl}/api/v1/farm`)
      return farm.proofs > commits ? farm.total_coins : null
    })
    expect(coins).toBeGreaterThan(0)
    const joined = await asOwner(`${trackerUrl}/api/v1/villages`, { url: villageUrl })
    expect({ ok: joined.ok, text: joined.ok ? "" : await joined.text() }).toEqual({ ok: true, text: "" })
    const board = await getJson<{ entries: ReadonlyArray<{ total_coins: number }> }>(`${villageUrl}/api/v1/leaderboard`)
    expect(board.entries.map((entry) => entry.total_coins)).toEqual([coins])

    expect(await Promise.all(running.map(stop))).toEqual([0, 0, 0])
    for (const { output } of [agent, tracker, village]) {
      expect(output.text).not.toBe("")
      const found = [...Object.values(markers), ...repository.hashes, ownerToken].filter((secret) =>
        output.text.toLowerCase().includes(secret.toLowerCase())
      )
      expect(found).toEqual([])
    }
  }, 90_000)
})
