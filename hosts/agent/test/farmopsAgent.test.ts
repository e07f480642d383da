import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { exitCodes } from "@farmops/core/host/exitCodes"
import { afterAll, beforeAll, describe, expect, it } from "vitest"

const bin = fileURLToPath(new URL("../bin/farmops-agent.js", import.meta.url))
const freePort = () =>
  new Promise<number>((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number }
      server.close(() => done(port))
    })
  })
const env = {
  PATH: process.env.PATH,
  HOME: "/nonexistent",
  GIT_CONFIG_NOSYSTEM: "1",
  NODE_OPTIONS: "--conditions=@farmops/source"
}

describe("farmops-agent", () => {
  let dir: string
  const running: Array<ChildProcess> = []
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), "farmops-agent-"))
    mkdirSync(join(dir, "repo"))
    const git = (...args: ReadonlyArray<string>) =>
      execFileSync(
        "git",
        ["-C", join(dir, "repo"), "-c", "user.name=Ann", "-c", "user.email=ann@example.org", ...args],
        { env }
      )
    git("init", "--quiet")
    writeFileSync(join(dir, "repo", "a.ts"), "1\n")
    git("add", ".")
    git("commit", "--quiet", "-m", "first")
    writeFileSync(join(dir, "agent.yaml"), "data: data\nrepository:\n  path: repo\n")
  })
  afterAll(() => {
    for (const child of running) child.kill("SIGKILL")
    rmSync(dir, { recursive: true, force: true })
  })

  const start = (...args: ReadonlyArray<string>) => {
    const child = spawn(process.execPath, [bin, ...args], { cwd: dir, env, stdio: ["ignore", "pipe", "pipe"] })
    running.push(child)
    let stderr = ""
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text
    })
    const ended = new Promise<{ code: number | null; stderr: string }>((done) =>
      child.on("close", (code) => done({ code, stderr }))
    )
    const said = (what: RegExp) =>
      new Promise<string>((done, fail) => {
        const look = () => (what.test(stderr) ? done(stderr) : undefined)
        child.stderr.on("data", look)
        void ended.then(() => fail(new Error(stderr)))
        look()
      })
    return { child, ended, said }
  }
  const tracker = ["--tracker-url", "http://127.0.0.1:9"]

  it("names what is wrong with its arguments or its file, each with a status of its own", async () => {
    writeFileSync(join(dir, "bad.yaml"), "repository:\n  path: repo\n  pth: x\n")
    writeFileSync(join(dir, "nowhere.yaml"), "repository:\n  path: missing\n")
    writeFileSync(join(dir, "idle.yaml"), "cluster_alias: local\n")
    writeFileSync(
      join(dir, "source.yaml"),
      "data: unused\nsources:\n  - {name: page, type: http, source_type: s, url: 'http://127.0.0.1:9'}\n"
    )
    const cases: ReadonlyArray<[ReadonlyArray<string>, number, RegExp]> = [
      [[], exitCodes.usage, /--config FILE is missing/],
      [["--confg", "agent.yaml"], exitCodes.usage, /--confg/],
      [["--config", "agent.yaml"], exitCodes.usage, /--tracker-url/],
      [["--config", "bad.yaml", ...tracker], exitCodes.config, /bad\.yaml:3/],
      [["--config", "none.yaml", ...tracker], exitCodes.config, /none\.yaml/],
      [["--config", "nowhere.yaml", ...tracker], exitCodes.notARepository, /not a git repository/],
      [["--config", "idle.yaml", ...tracker], exitCodes.usage, /nothing to watch/],
      [["--config", "source.yaml", ...tracker], exitCodes.config, /source page: .*actor/]
    ]
    const outcomes = await Promise.all(cases.map(([args]) => start(...args).ended))
    for (const [i, { code, stderr }] of outcomes.entries()) {
      expect({ code, stderr }).toMatchObject({
        code: cases[i]?.[1],
        stderr: expect.stringMatching(cases[i]?.[2] ?? "")
      })
      expect(stderr.trimEnd().split("\n")).toHaveLength(1)
    }
  }, 120_000)

  it("lets whoever reaches it beyond loopback look, and change nothing", async () => {
    const port = await freePort()
    writeFileSync(
      join(dir, "open.yaml"),
      `data: open\nrepository:\n  path: repo\napi: {host: 0.0.0.0, port: ${port}}\nobservations: {max: 7}\noutbox_max: 9\n`
    )
    const agent = start("--config", "open.yaml", ...tracker)
    await agent.said(/agent started/)
    const api = `http://127.0.0.1:${port}`
    const status = await (await fetch(`${api}/api/v1/status`)).json()
    expect(status).toMatchObject({
      sources: [{ name: "git", phase: "starting", reason: null }],
      observations: { pending: 0, set_aside: 0, bytes: 0, expired: 0, memories_evicted: 0, paused: false },
      outbox: { pending: 0, delivered: 0, max: 9, full: false },
      warnings: []
    })
    for (const path of ["plugins/reload", "key/rotate"]) {
      const refused = await fetch(`${api}/api/v1/${path}`, { method: "POST" })
      expect([refused.status, await refused.json()]).toEqual([403, expect.objectContaining({ code: "forbidden" })])
    }
    const openapi = (await (await fetch(`${api}/openapi.json`)).json()) as { openapi: string; paths: object }
    expect(openapi.openapi).toMatch(/^3\.1/)
    expect(Object.keys(openapi.paths).toSorted()).toEqual(
      ["key/rotate", "plugins", "plugins/reload", "proofs/pending", "sources", "status"].map(
        (path) => `/api/v1/${path}`
      )
    )
    agent.child.kill("SIGTERM")
    expect((await agent.ended).code).toBe(0)
  })

  it("serves and waits while the tracker is away, holds its folder, and ends with 0 when it is told to", async () => {
    const port = await freePort()
    const agent = start("--config", "agent.yaml", ...tracker, "--port", String(port))
    await agent.said(/agent started/)
    const status = async () =>
      (await (await fetch(`http://127.0.0.1:${port}/api/v1/status`)).json()) as { readonly phase: string }
    while ((await status()).phase === "starting") await new Promise((done) => setTimeout(done, 20))
    expect(await status()).toMatchObject({ phase: "waiting_for_approval", proved: 0, cluster_alias: "local" })
    expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200)
    const ready = await fetch(`http://127.0.0.1:${port}/readyz`)
    expect([ready.status, await ready.text()]).toEqual([503, "waiting for approval\n"])
    const second = await start("--config", "agent.yaml", ...tracker, "--port", "0").ended
    expect(second.code).toBe(exitCodes.alreadyRunning)
    agent.child.kill("SIGTERM")
    expect((await agent.ended).code).toBe(0)
  })
})
