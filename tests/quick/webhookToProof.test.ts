/** From a signed webhook to a proof at the tracker, through an agent with a manifest: durable before it is answered. */
import { createHmac } from "node:crypto"
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, describe, expect, it } from "vitest"
import { eventually, temporary } from "./FarmProcess.ts"
import { freePort, SleepingTracker } from "./sleepingTracker.ts"

const folder = temporary("webhook")
const secret = "a secret of two"
const marker = "MARKtitle7f50"
// The same delivery has the same bytes whenever it is sent.
const began = new Date().toISOString()
const hooksPort = await freePort()

const settings = `plugins: farmops-plugins.yaml
hooks: {port: ${hooksPort}}
sources:
  - name: hub
    type: webhook
    sender: github
    secrets: [${secret}]
`
const down = join(folder.path, "down")
const manifest = `plugins:
  - id: farmops/git-history
    exec: {command: ${process.execPath}, args: ["--conditions=@farmops/source", ${fileURLToPath(new URL("../../plugins/git-history/src/main.ts", import.meta.url))}]}
    confinement: process
  - id: example/merged
    exec: {command: ${process.execPath}, args: ["--conditions=@farmops/source", ${fileURLToPath(new URL("mergedPlugin.ts", import.meta.url))}, ${down}]}
    confinement: process
`
const farm = new SleepingTracker(folder.path, settings)

afterAll(async () => {
  await Promise.all([farm.end("agent", "SIGKILL"), farm.end("tracker", "SIGKILL")])
  folder.remove()
})

const deliver = async (delivery: string, action: string, merged: boolean, key = secret) => {
  const body = JSON.stringify({
    action,
    pull_request: { number: 7, merged, title: marker, updated_at: began },
    repository: { id: 1, html_url: `https://git.example.org/${marker}` },
    sender: { login: marker, type: "User" },
    delivery
  })
  const answer = await fetch(`http://127.0.0.1:${hooksPort}/hooks/hub`, {
    method: "POST",
    body,
    headers: {
      "content-type": "application/json",
      "x-github-event": "pull_request",
      "x-github-delivery": delivery,
      "x-hub-signature-256": `sha256=${createHmac("sha256", key).update(body).digest("hex")}`
    }
  })
  return answer.status
}

const api = async (path: string): Promise<Record<string, unknown>> =>
  (await (await fetch(`${farm.agentUrl}/api/v1${path}`)).json()) as never

const dispatched = (pending: number) =>
  eventually(`${pending} pending`, async () => {
    const { observations } = (await api("/status")) as { observations: { pending: number } }
    return observations.pending === pending ? true : null
  })

describe("a webhook to an agent with a manifest", () => {
  it("becomes one proof, also when the plugin was down and the agent was killed after it had answered", async () => {
    writeFileSync(join(folder.path, "farmops-plugins.yaml"), manifest)
    await farm.startTracker()
    await farm.startAgent()
    await farm.approve()
    await eventually("the receiver", async () => ((await deliver("d0", "opened", false)) < 300 ? true : null))
    await dispatched(0)
    expect(await deliver("d1", "edited", false, "another secret")).toBe(401)

    writeFileSync(down, "")
    expect(await deliver("d2", "synchronize", false)).toBeLessThan(300)
    expect(await deliver("d3", "closed", true)).toBeLessThan(300)
    await dispatched(2)
    // Another plugin's work goes on meanwhile.
    farm.commit("second")
    await eventually("the commit's proof", async () => ((await farm.proofs()) === 2 ? true : null))
    const { plugins } = (await api("/plugins")) as { plugins: ReadonlyArray<{ id: string; faults: object }> }
    expect(plugins.find(({ id }) => id === "example/merged")?.faults).toMatchObject({ error: expect.any(Number) })

    await farm.end("agent", "SIGKILL")
    const files = readdirSync(join(folder.path, "agent")).filter((name) => name.startsWith("agent.db"))
    expect(files.length).toBeGreaterThan(0)
    for (const name of files) expect(readFileSync(join(folder.path, "agent", name), "latin1")).not.toContain(marker)
    rmSync(down)
    await farm.startAgent()
    await eventually("the merge's proof", async () => ((await farm.proofs()) === 3 ? true : null), 60)
    await dispatched(0)
    expect(await deliver("d3", "closed", true)).toBeLessThan(300)
    await dispatched(0)
    expect(await farm.proofs()).toBe(3)

    const { proofs } = (await (await fetch(`${farm.trackerUrl}/api/v1/proofs`)).json()) as {
      proofs: ReadonlyArray<{ proof: { action: { plugin: string; description: string } } }>
    }
    const said = proofs.filter(({ proof }) => proof.action.plugin === "example/merged")
    expect(said.map(({ proof }) => proof.action.description)).toEqual(["Merged a pull request after 3 events"])
    expect(await api("/sources")).toMatchObject({
      sources: [
        { name: "git", type: "git" },
        { name: "hub", type: "github", phase: "watching", reason: null }
      ]
    })
    expect(farm.agentSays()).not.toContain(marker)
  }, 240_000)
})
