import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { commitNow, makeRepository } from "./gitFixture.ts"
import { type Finished, RunningUp, runFarmops } from "./runFarmops.ts"

const commits = 24
const marker = "zanzibar"

describe("farmops up", () => {
  let dir: string
  let repo: string
  let data: string
  let up: RunningUp
  const farmops = (...args: ReadonlyArray<string>) => runFarmops([...args, "--data", data], dir)
  const json = (done: Finished) => JSON.parse(done.stdout)

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), "farmops-up-"))
    repo = join(dir, "repository")
    data = join(dir, "data")
    makeRepository(repo, commits, 3600)
    up = new RunningUp(["--repo", repo, "--data", data, "--port-base", "0", "--name", "Test farm"], dir)
    await up.event("grown")
  })
  afterAll(async () => {
    await up?.kill("SIGKILL")
    rmSync(dir, { recursive: true, force: true })
  })

  it("serves before the backlog is read", () => {
    const names = up.events.map((event) => event.event)
    expect(names.indexOf("serving")).toBeLessThan(names.indexOf("grown"))
  })

  it("grows a farm from the repository's commits", async () => {
    const farm = json(await farmops("farm", "--json"))
    expect(farm).toMatchObject({ name: "Test farm", sample: false, proofs: commits })
    expect(farm.total_coins).toBeGreaterThan(0)
    const drawn = await farmops("farm")
    expect(drawn.stdout).toContain("Test farm")
  })

  it("keeps its token and its key to their owner", () => {
    for (const file of ["owner-token", "agent/agent.key", "agent/farm-salt"]) {
      expect(statSync(join(data, file)).mode & 0o777).toBe(0o600)
    }
    expect(statSync(data).mode & 0o777).toBe(0o700)
  })

  it("answers with the page on the tracker's root", async () => {
    const { tracker } = await up.event("serving")
    const page = await fetch(`${tracker}/`)
    expect(page.status).toBe(200)
    expect(page.headers.get("content-type")).toContain("text/html")
    expect(await (await fetch(`${tracker}/farm.svg`)).text()).toContain("Test farm")
  })

  it("keeps the servers of the three hosts apart", async () => {
    const serving = await up.event("serving")
    expect((await fetch(`${serving.agent}/api/v1/farm`)).status).toBe(404)
    expect((await fetch(`${serving.village}/api/v1/status`)).status).toBe(404)
    expect((await fetch(`${serving.tracker}/api/v1/plugins`)).status).toBe(404)
  })

  it("shows the agent's state, its plugin and nothing that waits", async () => {
    const { agent } = await up.event("serving")
    const get = async (path: string): Promise<Record<string, unknown>> =>
      (await fetch(`${agent}${path}`)).json() as never
    expect(await get("/api/v1/status")).toMatchObject({
      phase: "watching",
      enrolment: "approved",
      pending: 0,
      delivered: commits,
      backfill: { done: commits, total: commits }
    })
    expect(await get("/api/v1/proofs/pending")).toEqual({ pending: 0, proofs: [] })
    const { plugins } = await get("/api/v1/plugins")
    expect(plugins).toMatchObject([
      { id: "farmops/git-history", state: "ready", reason: null, sources: ["git"], starts: 1, faults: {} }
    ])
    expect(await get("/api/v1/sources")).toMatchObject({ sources: [{ name: "git", type: "git", phase: "watching" }] })
    expect(await get("/api/v1/status")).toMatchObject({
      sources: [{ type: "git", observations: commits }],
      observations: { pending: 0, expired: 0, paused: false },
      outbox: { pending: 0, delivered: commits, full: false },
      warnings: []
    })
    expect((await fetch(`${agent}/readyz`)).status).toBe(200)
  })

  it("replaces its plugin's process when asked, but not when a web page asks", async () => {
    const { agent } = await up.event("serving")
    const reload = (headers: Record<string, string>) =>
      fetch(`${agent}/api/v1/plugins/reload`, { method: "POST", headers })
    expect((await reload({ origin: "http://example.org" })).status).toBe(403)
    const reloaded = await reload({})
    expect(await reloaded.json()).toMatchObject({ plugins: [{ state: "ready", starts: 2 }] })
  })

  it("lists proofs and shows each factor of one", async () => {
    const { proofs } = json(await farmops("proof", "list", "--json", "--limit", "5"))
    expect(proofs).toHaveLength(5)
    const shown = await farmops("proof", "show", proofs[0].proof.proof_id)
    expect(shown.stdout).toContain("fatigue")
    expect((await farmops("proof", "show", "nothing")).code).toBe(64)
    const { category } = proofs[0].proof.action
    const alike = json(await farmops("proof", "list", "--json", "--category", category, "--board", "human"))
    expect(alike.proofs.length).toBeGreaterThan(0)
    for (const { proof } of alike.proofs) expect(proof.action.category).toBe(category)
    expect((await farmops("proof", "list", "--to", "2001-01-01")).stdout).toBe("no proof matches\n")
    expect((await farmops("proof", "list", "--category", "fun")).code).toBe(64)
  })

  it("exports a chain that verifies without a server, and names the first bad line of one that was changed", async () => {
    const { agents } = json(await farmops("agent", "list", "--json"))
    const key: string = agents[0].public_key
    const file = join(dir, "farm.jsonl")
    expect(json(await farmops("proof", "export", "--out", file, "--json"))).toMatchObject({
      proofs: commits,
      public_key: key
    })
    const good = await runFarmops(["proof", "verify", file, "--key", key], dir)
    expect(good).toMatchObject({ code: 0, stderr: "" })
    expect(good.stdout).toMatch(new RegExp(`^ok: ${commits} proofs, head [0-9a-f]{64}\n$`))

    const lines = readFileSync(file, "utf8").split("\n")
    writeFileSync(file, [...lines.slice(0, 3), ...lines.slice(4)].join("\n"))
    const cut = await runFarmops(["proof", "verify", file, "--key", key], dir)
    expect(cut).toMatchObject({ code: 65, stdout: "" })
    expect(cut.stderr).toMatch(/^farmops: line 4: wrong_sequence — /)
    expect((await runFarmops(["proof", "verify", file, "--key", "xyz"], dir)).code).toBe(64)
  })

  it("joins its own village", async () => {
    let entries: ReadonlyArray<{ display_name: string; total_coins: number }> = []
    while (entries.length === 0 || entries[0]?.total_coins === 0) {
      entries = json(await farmops("village", "board", "--json")).entries
    }
    expect(entries).toMatchObject([{ display_name: "Test farm" }])
  })

  it("scores the stored proofs from nothing to the same farm", async () => {
    expect(json(await farmops("tracker", "replay", "--json"))).toMatchObject({ equal: true, proofs: commits })
  })

  it("refuses a second up on the same folder", async () => {
    const second = await runFarmops(["up", "--repo", repo, "--data", data, "--port-base", "0"], dir)
    expect(second).toMatchObject({ code: 75, stdout: "" })
    expect(second.stderr.trimEnd().split("\n")).toHaveLength(1)
  })

  it("sees a new commit while it runs", async () => {
    commitNow(repo, `src/${marker}.ts`)
    await up.event("changed")
    expect(json(await farmops("farm", "--json")).proofs).toBe(commits + 1)
  })

  it("stops cleanly on SIGTERM, goes on from there, and says so where nothing runs", async () => {
    expect((await up.kill("SIGTERM")).code).toBe(0)
    const gone = await farmops("farm", "--json")
    expect(gone).toMatchObject({ code: 69, stdout: "" })
    expect(JSON.parse(gone.stderr).error.code).toBe("not_running")
    up = new RunningUp(["--repo", repo, "--data", data, "--port-base", "0"], dir)
    const { farm } = await up.event("grown")
    expect(farm).toMatchObject({ proofs: commits + 1, name: "Test farm" })
    expect((await up.kill("SIGINT")).code).toBe(0)
  })
})

describe("farmops up on what is not a farm's ground", () => {
  let dir: string
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), "farmops-up-"))
  })
  afterAll(() => rmSync(dir, { recursive: true, force: true }))
  const up = (repo: string) => runFarmops(["up", "--repo", repo, "--data", join(dir, "data"), "--port-base", "0"], dir)

  it("refuses a folder that is not a repository, and an empty repository, each with a status of its own", async () => {
    const none = await up(dir)
    expect(none).toMatchObject({ code: 66, stdout: "" })
    expect(none.stderr.trimEnd().split("\n")).toHaveLength(1)
    makeRepository(join(dir, "empty"), 0)
    expect(await up(join(dir, "empty"))).toMatchObject({ code: 67, stdout: "" })
  })

  it("grows a sample farm, labelled as one, where there is no repository", async () => {
    const running = new RunningUp(["--data", join(dir, "data"), "--port-base", "0", "--no-village"], dir)
    const { farm } = await running.event("grown")
    expect(farm.sample).toBe(true)
    expect(farm.total_coins).toBeGreaterThan(0)
    expect(running.events.find((event) => event.event === "source")).toMatchObject({ sample: true, fallback: true })
    expect((await running.kill("SIGTERM")).code).toBe(0)
  })
})
