import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { runFarmops } from "../../hosts/cli/test/runFarmops.ts"
import { expectSound } from "./ledgerTruth.ts"
import { approvedLoadAgent, makeLoadOwner } from "./trackerLoad.ts"
import { TrackerProcess } from "./trackerProcess.ts"

const folder = mkdtempSync(join(tmpdir(), "farmops-check-"))
const origin = join(folder, "farm")
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A copy of the farm, and what is changed in it behind its tracker's back. */
const copyOf = (name: string, statement = "") => {
  const data = join(folder, name)
  mkdirSync(data, { mode: 0o700 })
  for (const file of ["tracker.db", "tracker.key", "owner-token"]) copyFileSync(join(origin, file), join(data, file))
  const db = join(data, "tracker.db")
  const open = new DatabaseSync(db)
  open.exec(statement)
  open.close()
  return { data, db }
}

const check = async (db: string, ...more: ReadonlyArray<string>) => {
  const { code, stderr, stdout } = await runFarmops(["tracker", "check", "--db", db, "--json", ...more], folder)
  return { code, stderr, json: stdout === "" ? null : JSON.parse(stdout) }
}

const kindsOf = (json: { readonly findings: ReadonlyArray<{ readonly kind: string }> }) => [
  ...new Set(json.findings.map(({ kind }) => kind))
]

describe("tracker check", () => {
  beforeAll(async () => {
    const tracker = new TrackerProcess({ db: join(origin, "tracker.db"), data: origin })
    const at = await tracker.serving()
    const agent = await approvedLoadAgent(at)
    const owner = makeLoadOwner("check")
    for (let sent = 0; sent < 30; sent++) await agent.send(at)
    for (let wish = 0; wish < 4; wish++) expect(await owner.act(at)).toBe(true)
    expect((await tracker.kill("SIGTERM")).code).toBe(0)
  })

  it("says that a sound ledger is sound", async () => {
    const { db } = copyOf("sound")
    expect(await check(db)).toMatchObject({ code: 0, json: { ok: true, found: 0 } })
    const words = await runFarmops(["tracker", "check", "--db", db], folder)
    expect(words).toMatchObject({ code: 0, stdout: "ok: pages, tables, 30 proofs and 6 events hold\n" })
  })

  it("repairs sums, rewards and marks, keeps what was there, and leaves a ledger that an audit passes", async () => {
    const place = copyOf(
      "sums",
      `UPDATE tracker_farm SET human_coins = human_coins + 1000; UPDATE tracker_proof SET coins = 7 WHERE position = 9;
       UPDATE tracker_proof SET void = 'recovery' WHERE position = 3; DELETE FROM tracker_day`
    )
    const found = await check(place.db)
    expect(found).toMatchObject({ code: 65, json: { ok: false, repaired: false } })
    expect(kindsOf(found.json).toSorted()).toContain("sums")
    const repaired = await check(place.db, "--repair")
    expect(repaired, repaired.stderr).toMatchObject({ code: 0, json: { ok: true, repaired: true, left: 0 } })
    await expectSound(place)
    const [saved = ""] = readdirSync(place.data).filter((name) => name.startsWith("before-repair-"))
    const before = new DatabaseSync(join(place.data, saved), { readOnly: true })
    expect(before.prepare("SELECT coins FROM tracker_proof WHERE position = 9").get()).toEqual({ coins: 7 })
    before.close()
  })

  it("is kept from repairing while a tracker works on the ledger", async () => {
    const place = copyOf("busy", "DELETE FROM tracker_day")
    const tracker = new TrackerProcess(place)
    await tracker.serving()
    expect(await check(place.db, "--repair")).toMatchObject({ code: 75 })
    await tracker.kill("SIGKILL")
  })

  it.each([
    ["a hole", "DELETE FROM tracker_proof WHERE position = 12", "line_missing"],
    ["a changed line", "UPDATE tracker_proof SET line = replace(line, 'Did 1', 'Did 9') WHERE position = 5", "chain"],
    ["an event of nobody", "UPDATE tracker_event SET line = replace(line, 'fence', 'pond')", "event"],
    ["another head", "UPDATE tracker_agent SET head_sequence = 3", "head"],
    ["another root", "UPDATE tracker_checkpoint SET note = replace(note, 'farmops', 'farmopz')", "checkpoint"],
    ["a dropped index", "DROP INDEX tracker_event_kind", "schema"],
    ["a lost reference", "PRAGMA foreign_keys = OFF; DELETE FROM tracker_agent", "page"]
  ])("finds %s, says what cures it, and repairs nothing", async (what, statement, kind) => {
    const { data, db } = copyOf(what, statement)
    const bytes = readFileSync(db)
    const found = await check(db, "--repair")
    expect([65, 73]).toContain(found.code)
    const plain = await check(db)
    expect(kindsOf(plain.json)).toContain(kind)
    expect(plain.json.findings.every(({ cure }: { cure: string }) => cure.length > 10)).toBe(true)
    expect(readFileSync(db).equals(bytes)).toBe(true)
    expect(readdirSync(data).filter((name) => name.endsWith(".backup"))).toEqual([])
  })

  it("finds damaged pages, reads no further and changes nothing", async () => {
    const { db } = copyOf("pages")
    const bytes = readFileSync(db)
    bytes.fill(0xff, 6 * 4096, 12 * 4096)
    writeFileSync(db, bytes)
    const found = await check(db, "--repair")
    expect(found).toMatchObject({ code: 73, json: { ok: false } })
    expect(kindsOf(found.json)).toEqual(["page"])
    expect(readFileSync(db).equals(bytes)).toBe(true)
  })
})
