import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { commitNow, makeRepository } from "./gitFixture.ts"
import { type Finished, RunningUp, runFarmops } from "./runFarmops.ts"

const commits = 12

describe("an agent's keys", () => {
  let dir: string
  let data: string
  let recovery: string
  let up: RunningUp
  let enrolledKey: string
  const farmops = (...args: ReadonlyArray<string>) => runFarmops([...args, "--data", data], dir)
  const json = (done: Finished) => JSON.parse(done.stdout)
  const start = (...args: ReadonlyArray<string>) => {
    up = new RunningUp(["--repo", join(dir, "repository"), "--data", data, "--port-base", "0", ...args], dir)
    return up.event("grown")
  }
  const exportChain = async () => {
    const out = join(dir, "farm.jsonl")
    expect((await farmops("proof", "export", "--out", out)).code).toBe(0)
    return out
  }

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), "farmops-keys-"))
    data = join(dir, "data")
    makeRepository(join(dir, "repository"), commits, 3600)
    recovery = json(await farmops("agent", "recovery-key", join(dir, "recovery.key"), "--json")).public_key
    const grown = await start("--recovery-public-key", recovery)
    enrolledKey = grown.publicKey
    expect(grown.recoveryKey).toBe(recovery)
  })
  afterAll(async () => {
    await up?.kill("SIGKILL")
    rmSync(dir, { recursive: true, force: true })
  })

  it("include a recovery key in a file of its own, which is never written over", async () => {
    expect(statSync(join(dir, "recovery.key")).mode & 0o777).toBe(0o600)
    const before = readFileSync(join(dir, "recovery.key"), "utf8")
    expect(await farmops("agent", "recovery-key", join(dir, "recovery.key"))).toMatchObject({ code: 65, stdout: "" })
    expect(readFileSync(join(dir, "recovery.key"), "utf8")).toBe(before)
  })

  it("are rotated while the agent works, in one chain that verifies from the enrolled key on", async () => {
    const rotated = json(await farmops("agent", "rotate-key", "--json"))
    expect(rotated).toMatchObject({ sequence: commits })
    commitNow(join(dir, "repository"), "src/after.ts")
    await up.event("changed", ({ farm }) => farm.proofs === commits + 2)
    const [agent] = json(await farmops("agent", "list", "--json")).agents
    expect(agent).toMatchObject({ public_key: rotated.public_key, status: "approved" })
    const verified = await farmops("proof", "verify", await exportChain(), "--key", enrolledKey, "--json")
    expect(json(verified)).toMatchObject({ ok: true })
    const wrong = await farmops("proof", "verify", join(dir, "farm.jsonl"), "--key", rotated.public_key)
    expect(wrong.code).toBe(65)
  })

  it("are not rotated for a web page, nor recovered under a running farm", async () => {
    const { agent } = await up.event("serving")
    const page = await fetch(`${agent}/api/v1/key/rotate`, {
      method: "POST",
      headers: { origin: "https://example.org" }
    })
    expect(page.status).toBe(403)
    const busy = await farmops(
      "agent",
      "recover",
      "--key-dir",
      join(data, "agent"),
      "--recovery-key",
      join(dir, "recovery.key")
    )
    expect(busy).toMatchObject({ code: 75, stdout: "" })
  })

  it("are taken back by the recovery key, and the farm is worth what it was", async () => {
    const before = json(await farmops("farm", "--json"))
    expect((await up.kill("SIGTERM")).code).toBe(0)
    const where = ["--key-dir", join(data, "agent"), "--recovery-key", join(dir, "recovery.key")]
    expect(await farmops("agent", "recover", ...where, "--after", "999")).toMatchObject({ code: 64, stdout: "" })
    const recovered = json(await farmops("agent", "recover", ...where, "--after", "4", "--json"))
    expect(recovered).toMatchObject({ sequence: 5, removed: commits + 2 - 5 })
    const { farm, publicKey } = await start()
    expect(publicKey).toBe(enrolledKey)
    // The void proofs stay in the ledger, and their work was proved again.
    expect(farm.total_coins).toBe(before.total_coins)
    expect(farm.proofs).toBe(before.proofs + 1 + (commits + 1 - 5))
    const file = await exportChain()
    expect((await farmops("proof", "verify", file, "--key", enrolledKey, "--recovery-key", recovery)).code).toBe(0)
    expect((await farmops("proof", "verify", file, "--key", enrolledKey)).code).toBe(65)
    expect(json(await farmops("tracker", "replay", "--json"))).toMatchObject({ equal: true })
  })

  it("keep their first recovery key: another one is refused at the start", async () => {
    expect((await up.kill("SIGTERM")).code).toBe(0)
    const args = ["--recovery-public-key", "ab".repeat(32), "--port-base", "0"]
    const other = await farmops("up", "--repo", join(dir, "repository"), ...args)
    expect(other.code).toBe(78)
    expect(other.stderr).toContain(recovery)
    expect((await farmops("up", "--recovery-public-key", "short")).code).toBe(64)
  })
})
