import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { runFarmops } from "../../hosts/cli/test/runFarmops.ts"
import { expectAcknowledged, expectSound } from "./ledgerTruth.ts"
import { approvedLoadAgent, keepDoing, type LoadAgent, request, type Serving } from "./trackerLoad.ts"
import { TrackerProcess } from "./trackerProcess.ts"

const folder = mkdtempSync(join(tmpdir(), "farmops-backup-"))
const data = join(folder, "farm")
const db = join(data, "tracker.db")
const run = (...args: ReadonlyArray<string>) => runFarmops(args, folder)
const backup = join(folder, "farm.backup")
const restoredTo = (name: string) => ({ data: join(folder, name), db: join(folder, name, "tracker.db") })

/** The same ledger with one thing about it changed. */
const changed = (name: string, change: (file: string) => void): string => {
  const path = join(folder, name)
  writeFileSync(path, readFileSync(backup), { mode: 0o600 })
  change(path)
  return path
}

const execute = (file: string, statement: string): void => {
  const open = new DatabaseSync(file)
  open.exec(statement)
  open.close()
}

describe("a backup", () => {
  let tracker: TrackerProcess
  let agent: LoadAgent
  let at: Serving
  /** How many lines had been acknowledged before the backup began, and how many when it was done. */
  let before = 0
  let after = 0
  /** How many are in it. */
  let saved = 0

  beforeAll(async () => {
    tracker = new TrackerProcess({ db, data })
    at = await tracker.serving()
    agent = await approvedLoadAgent(at)
    for (let sent = 0; sent < 40; sent++) await agent.send(at)
    before = agent.acknowledged.length
    let over = false
    const load = keepDoing(
      () => agent.send(at),
      () => over
    )
    const made = await run("tracker", "backup", backup, "--db", db)
    over = true
    await load
    after = agent.acknowledged.length
    expect(made, made.stderr).toMatchObject({ code: 0 })
    expect(made.stderr).toContain("the file is a secret: it holds tracker.key, owner-token")
    const open = new DatabaseSync(backup, { readOnly: true })
    saved = Number(open.prepare("SELECT count(*) AS n FROM tracker_proof").get()?.n)
    open.close()
  })

  afterAll(async () => {
    await tracker.kill("SIGKILL")
    rmSync(folder, { recursive: true, force: true })
  })

  it("is one private file of one moment, made while the tracker takes proofs", async () => {
    expect(statSync(backup).mode & 0o777).toBe(0o600)
    expect(readdirSync(folder).filter((name) => name.startsWith("farm.backup"))).toEqual(["farm.backup"])
    expect(saved).toBeGreaterThanOrEqual(before)
    expect(saved).toBeLessThan(after)
  })

  it("comes back with its keys as a ledger that holds, and whose tracker goes on from there", async () => {
    const place = restoredTo("again")
    const restored = await run("tracker", "restore", backup, "--data", place.data)
    expect(restored, restored.stderr).toMatchObject({ code: 0 })
    expect(statSync(place.db).mode & 0o777).toBe(0o600)
    expect(statSync(join(place.data, "tracker.key")).mode & 0o777).toBe(0o600)
    const bytes = readFileSync(place.db, "latin1")
    expect(bytes).not.toContain(JSON.parse(readFileSync(join(data, "tracker.key"), "utf8")).seed)
    await expectSound(place)

    const successor = new TrackerProcess(place)
    const there = await successor.serving()
    // The agent's own log has all of its lines: what came after the backup is sent again.
    for (const line of agent.acknowledged.slice(saved)) {
      expect((await request(there, "/api/v1/proofs", line)).status).toBe(201)
    }
    expect((await successor.kill("SIGTERM")).code).toBe(0)
    await expectAcknowledged(place, [agent])
  })

  it("is not written over, and restores over nothing", async () => {
    const bytes = readFileSync(backup)
    expect((await run("tracker", "backup", backup, "--db", db)).code).toBe(74)
    expect(readFileSync(backup).equals(bytes)).toBe(true)
    const here = restoredTo("occupied")
    mkdirSync(here.data)
    writeFileSync(join(here.data, "tracker.key"), "another", { mode: 0o600 })
    expect((await run("tracker", "restore", backup, "--data", here.data)).code).toBe(74)
    expect(readFileSync(join(here.data, "tracker.key"), "utf8")).toBe("another")
    expect(existsSync(here.db)).toBe(false)
  })

  it("does not go where a tracker runs", async () => {
    const refused = await run("tracker", "restore", backup, "--data", data, "--db", join(folder, "elsewhere.db"))
    expect(refused).toMatchObject({ code: 75 })
    expect(existsSync(join(folder, "elsewhere.db"))).toBe(false)
  })

  it.each([
    ["damaged", 65, (file: string) => writeFileSync(file, readFileSync(file).fill(0xff, 5 * 4096, 20 * 4096))],
    ["cut off", 65, (file: string) => writeFileSync(file, readFileSync(file).subarray(0, 10 * 4096))],
    ["short of a proof", 65, (file: string) => execute(file, "UPDATE tracker_farm SET entries = entries - 1")],
    ["without its key", 65, (file: string) => execute(file, "DELETE FROM farmops_backup WHERE name = 'tracker.key'")],
    ["no backup", 65, (file: string) => execute(file, "DROP TABLE farmops_backup")],
    [
      "newer",
      72,
      (file: string) =>
        execute(file, "UPDATE farmops_backup SET content = json_set(content, '$.schema', 999) WHERE name = 'mark'")
    ]
  ])("is refused when it is %s, and leaves nothing behind", async (what, code, change) => {
    const path = changed(`${what}.backup`, change)
    const place = restoredTo(`into ${what}`)
    const refused = await run("tracker", "restore", path, "--data", place.data)
    expect(refused, refused.stderr).toMatchObject({ code, stdout: "" })
    expect(refused.stderr.trim().split("\n")).toHaveLength(1)
    expect(readdirSync(place.data).toSorted()).toEqual(["lock.db", "version"])
  })

  it("lacks a key that is not the ledger's own, and is not made", async () => {
    const other = join(folder, "other")
    const stranger = new TrackerProcess({ db: join(other, "tracker.db"), data: other })
    await stranger.serving()
    await stranger.kill("SIGTERM")
    await tracker.kill("SIGTERM")
    const refused = await run("tracker", "backup", join(folder, "half.backup"), "--db", db, "--data", other)
    expect(refused).toMatchObject({ code: 65 })
    expect(refused.stderr).toContain("lacks the key that its ledger names")
    expect(existsSync(join(folder, "half.backup"))).toBe(false)
  })

  it("names the programs of PostgreSQL where the ledger is there, without a password", async () => {
    const url = "postgres://farm:secret@db.example/farm"
    const made = await run("tracker", "backup", "farm.dump", "--db", url)
    expect(made).toMatchObject({ code: 64 })
    expect(made.stderr).toContain("pg_dump --format=custom --no-owner --file=farm.dump postgres://farm@db.example/farm")
    expect(made.stderr).not.toContain("secret")
  })
})
