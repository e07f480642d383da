import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { commitNow, makeRepository } from "./gitFixture.ts"
import { type Finished, RunningUp, runFarmops } from "./runFarmops.ts"

const commits = 6

describe("the tracker's key", () => {
  let dir: string
  let data: string
  let up: RunningUp
  let old: string
  const farmops = (...args: ReadonlyArray<string>) => runFarmops([...args, "--data", data], dir)
  const json = (done: Finished) => JSON.parse(done.stdout)
  const start = () => {
    up = new RunningUp(["--repo", join(dir, "repository"), "--data", data, "--port-base", "0", "--no-village"], dir)
    return up.event("grown")
  }
  const keys = async () => json(await farmops("tracker", "keys", "--json"))
  /** The newest proof as a file. */
  const bundle = async (file: string) => {
    const [newest] = json(await farmops("proof", "list", "--limit", "1", "--json")).proofs
    expect((await farmops("proof", "bundle", newest.proof.proof_id, "--out", join(dir, file))).code).toBe(0)
    return join(dir, file)
  }
  const verify = async (file: string, ...args: ReadonlyArray<string>) =>
    (await farmops("proof", "verify", file, ...args)).code

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), "farmops-tracker-key-"))
    data = join(dir, "data")
    makeRepository(join(dir, "repository"), commits, 3600)
    await start()
    const told = await keys()
    expect(told.rotations).toEqual([])
    old = told.public_key
  })
  afterAll(async () => {
    await up?.kill("SIGKILL")
    rmSync(dir, { recursive: true, force: true })
  })

  it("is rotated under a tracker at work, which signs with the new one from then on", async () => {
    const early = await bundle("early.tlog-proof")
    expect((await farmops("tracker", "keys", "--out", join(dir, "row"))).code).toBe(65)
    const rotated = json(await farmops("tracker", "rotate-key", "--json"))
    const fresh = rotated.public_key
    expect(fresh).not.toBe(old)
    expect(await keys()).toMatchObject({ public_key: fresh, fingerprint: rotated.fingerprint })
    commitNow(join(dir, "repository"), "src/after.ts")
    await up.event("changed", ({ farm }) => farm.proofs === commits + 1)
    const late = await bundle("late.tlog-proof")

    expect(await farmops("tracker", "keys", "--out", join(dir, "row"))).toMatchObject({ code: 0, stdout: `${fresh}\n` })
    expect(readFileSync(join(dir, "row"), "utf8").split("\n")).toHaveLength(2)
    const row = ["--tracker-rotations", join(dir, "row")]
    expect(await verify(early, "--tracker-key", fresh, ...row)).toBe(0)
    expect(await verify(late, "--tracker-key", old, ...row)).toBe(0)
    expect(await verify(early, "--tracker-key", old)).toBe(0)
    expect(await verify(late, "--tracker-key", old)).toBe(65)
  })

  it("is rotated at a tracker elsewhere by its owner alone", async () => {
    const { tracker } = await up.event("serving")
    const before = await keys()
    const stranger = await runFarmops(["tracker", "rotate-key", "--tracker-url", tracker], dir)
    expect(stranger).toMatchObject({ code: 77, stdout: "" })
    expect(await keys()).toEqual(before)
    const token = readFileSync(join(data, "owner-token"), "utf8").trim()
    const owner = await runFarmops(["tracker", "rotate-key", "--tracker-url", tracker, "--json"], dir, {
      FARMOPS_OWNER_TOKEN: token
    })
    expect(json(owner).public_key).toBe((await keys()).public_key)
    expect((await keys()).rotations).toHaveLength(before.rotations.length + 1)
  })

  it("is rotated under no tracker, and the next start goes on with it", async () => {
    expect((await up.kill("SIGTERM")).code).toBe(0)
    const rotated = json(await farmops("tracker", "rotate-key", "--json"))
    const audit = json(await farmops("tracker", "audit", "--json"))
    expect(audit).toMatchObject({ ok: true, proofs: commits + 1 })
    await start()
    expect(await keys()).toMatchObject({ public_key: rotated.public_key })
    expect((await keys()).rotations).toHaveLength(3)
    const file = await bundle("last.tlog-proof")
    expect(await verify(file, "--tracker-key", rotated.public_key)).toBe(0)
  })

  it("is not made anew where it is missing", async () => {
    mkdirSync(join(dir, "empty"))
    const db = join(data, "tracker.db")
    const missing = await runFarmops(["tracker", "rotate-key", "--db", db, "--data", join(dir, "empty")], dir)
    expect(missing).toMatchObject({ code: 69, stdout: "", stderr: expect.stringContaining("no tracker.key") })
  })
})
