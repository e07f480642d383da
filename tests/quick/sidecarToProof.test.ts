/** What an agent has accepted for a plugin beside it reaches that plugin, whichever of the two was killed and came back first. */
import { type ChildProcess, spawn } from "node:child_process"
import { createHmac } from "node:crypto"
import { mkdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, describe, expect, it } from "vitest"
import { eventually, temporary } from "./FarmProcess.ts"
import { freePort, SleepingTracker } from "./sleepingTracker.ts"

const folder = temporary("sidecar")
const secret = "a secret of two"
const token = "a token that both know".replaceAll(" ", "-")
const hooksPort = await freePort()
const settings = `plugins: farmops-plugins.yaml
hooks: {port: ${hooksPort}}
sources:
  - {name: hub, type: webhook, sender: github, secrets: [${secret}]}
`
const historyProgram = fileURLToPath(new URL("../../plugins/git-history/src/main.ts", import.meta.url))
const manifest = `plugins:
  - id: farmops/git-history
    exec: {command: ${process.execPath}, args: ["--conditions=@farmops/source", ${historyProgram}]}
    confinement: process
socket_directory: {path: run, token_file: token}
`
const farm = new SleepingTracker(folder.path, settings)
const socket = join(folder.path, "run/merged.sock")
let sidecar: ChildProcess | null = null

const startSidecar = () => {
  const program = fileURLToPath(new URL("mergedPlugin.ts", import.meta.url))
  sidecar = spawn(process.execPath, ["--conditions=@farmops/source", program, join(folder.path, "never")], {
    env: { FARMOPS_PLUGIN_SOCKET: socket, FARMOPS_PLUGIN_TOKEN: token },
    stdio: ["pipe", "ignore", "inherit"]
  })
}

/** As a container goes: at once, and the socket with it. */
const endSidecar = () => {
  sidecar?.kill("SIGKILL")
  rmSync(socket, { force: true })
}

afterAll(async () => {
  endSidecar()
  await Promise.all([farm.end("agent", "SIGKILL"), farm.end("tracker", "SIGKILL")])
  folder.remove()
})

const deliver = async (delivery: string) => {
  const body = JSON.stringify({
    action: "closed",
    pull_request: { number: delivery.length, merged: true, updated_at: "2026-03-01T10:00:00Z" },
    repository: { id: delivery, html_url: "https://git.example.org/a" },
    sender: { login: "ann", type: "User" }
  })
  const signature = `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`
  const headers = { "content-type": "application/json", "x-github-event": "pull_request" }
  const answer = await fetch(`http://127.0.0.1:${hooksPort}/hooks/hub`, {
    method: "POST",
    body,
    headers: { ...headers, "x-github-delivery": delivery, "x-hub-signature-256": signature }
  })
  return answer.status
}

interface Api {
  readonly observations: { readonly pending: number; readonly expired: number }
  readonly plugins: ReadonlyArray<{ readonly id: string; readonly state: string }>
}
const api = async (path: string) => (await (await fetch(`${farm.agentUrl}/api/v1${path}`)).json()) as Api
const sidecarIs = (state: string) =>
  eventually(`the sidecar ${state}`, async () =>
    (await api("/plugins")).plugins.some((one) => one.id === "example/merged" && one.state === state) ? true : null
  )
const proofsAre = (count: number) =>
  eventually(`${count} proofs`, async () => ((await farm.proofs()) === count ? true : null))

describe("a plugin in a container beside the agent", () => {
  it("gets what was accepted while it was away, also when the agent was killed meanwhile", async () => {
    writeFileSync(join(folder.path, "farmops-plugins.yaml"), manifest)
    writeFileSync(join(folder.path, "token"), token)
    mkdirSync(join(folder.path, "run"))
    await farm.startTracker()
    await farm.startAgent()
    await farm.approve()
    startSidecar()
    await sidecarIs("ready")
    await eventually("the receiver", async () => ((await deliver("d")) < 300 ? true : null))
    await proofsAre(2)

    endSidecar()
    await sidecarIs("away")
    expect(await deliver("d1")).toBe(202)
    startSidecar()
    await proofsAre(3)

    endSidecar()
    await sidecarIs("away")
    expect(await deliver("d22")).toBe(202)
    await farm.end("agent", "SIGKILL")
    await farm.startAgent()
    await eventually("the receiver", async () => ((await deliver("d333")) < 300 ? true : null))
    expect((await api("/status")).observations).toMatchObject({ pending: 2, expired: 0 })
    startSidecar()
    await proofsAre(5)
    const { expired } = await eventually("an empty store", async () => {
      const { observations } = await api("/status")
      return observations.pending === 0 ? observations : null
    })
    expect(expired).toBe(0)
  }, 240_000)
})
