/** From a review as GitHub sent it to the chain of a whole agent. GitHub's own examples are installed apart. */
import { createHmac } from "node:crypto"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { pluginHostCommand } from "@farmops/plugin-host/command"
import { afterAll, describe, expect, it } from "vitest"
import { chainOf } from "./agentChain.ts"
import { eventually, temporary } from "./FarmProcess.ts"
import { freePort, SleepingTracker } from "./sleepingTracker.ts"

const parts = new URL("../parts/webhooks/node_modules/@octokit/webhooks-examples/api.github.com/", import.meta.url)
const index = new URL("index.json", parts)
const isInstalled = existsSync(index)
if (!isInstalled)
  console.warn("skipped: a review as GitHub sent it, which `npm ci --prefix tests/parts/webhooks` installs")

const plugin = "farmops/git-pr-review"
const secret = "a secret of two"
const reviewer = { id: 7, login: "MARKbob", type: "User" }

interface Example {
  readonly name: string
  readonly examples: ReadonlyArray<{ readonly action?: string; readonly review?: object }>
}

/** The recorded review, by somebody else than the author, who reviews the own work in GitHub's example. */
const recorded = () => {
  const events: ReadonlyArray<Example> = JSON.parse(readFileSync(index, "utf8"))
  const reviews = events.find(({ name }) => name === "pull_request_review")?.examples ?? []
  const submitted = reviews.find(({ action }) => action === "submitted")
  return JSON.stringify({
    ...submitted,
    sender: reviewer,
    review: { ...submitted?.review, user: reviewer, body: "Well done, but the second half wants a test." }
  })
}

const folder = temporary("review")
const hooksPort = await freePort()
const settings = `plugins: farmops-plugins.yaml
hooks: {port: ${hooksPort}}
sources:
  - {name: reviews, type: webhook, sender: github, secrets: [${secret}]}
`
const manifest = {
  hosts: { "first-party": { ...pluginHostCommand(), confinement: "process" } },
  plugins: ["farmops/git-history", plugin].map((id) => ({ id, host: "first-party" }))
}
const farm = new SleepingTracker(folder.path, settings)

afterAll(async () => {
  await Promise.all([farm.end("agent", "SIGKILL"), farm.end("tracker", "SIGKILL")])
  folder.remove()
})

const deliver = async (delivery: string, body: string) => {
  const signature = createHmac("sha256", secret).update(body).digest("hex")
  const headers = {
    "content-type": "application/json",
    "x-github-event": "pull_request_review",
    "x-github-delivery": delivery,
    "x-hub-signature-256": `sha256=${signature}`
  }
  return (await fetch(`http://127.0.0.1:${hooksPort}/hooks/reviews`, { method: "POST", body, headers })).status
}

describe.skipIf(!isInstalled)("a review as GitHub sent it, taken by a whole agent,", () => {
  it("is one signed proof without a name in it, however often it is delivered", async () => {
    writeFileSync(join(folder.path, "farmops-plugins.yaml"), JSON.stringify(manifest))
    await farm.startTracker()
    await farm.startAgent()
    await farm.approve()
    const before = await farm.proofs()
    const body = recorded()
    await eventually("the receiver", async () => ((await deliver("d1", body)) < 300 ? true : null))
    await eventually("the proof", async () => ((await farm.proofs()) > before ? true : null), 60)
    // Again under its own name, as GitHub does when somebody asks it to, and under another.
    expect(await deliver("d1", body)).toBeLessThan(300)
    expect(await deliver("d2", body)).toBeLessThan(300)
    await eventually("nothing waits", async () => ((await farm.status()).observations.pending === 0 ? true : null))
    await farm.end("agent", "SIGTERM")

    const ours = (await chainOf(join(folder.path, "agent"))).filter(({ action }) => action.plugin === plugin)
    expect(ours.map(({ action }) => action.description)).toEqual(["Reviewed a pull request with a comment"])
    const { pull_request, repository } = JSON.parse(body)
    for (const name of [reviewer.login, pull_request.title, pull_request.user.login, repository.full_name, "github"]) {
      expect(ours[0]?.line).not.toContain(name)
    }
    expect(farm.agentSays()).not.toContain(reviewer.login)
  }, 120_000)
})
