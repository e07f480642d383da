/** A farm that grew on SQLite goes to PostgreSQL, and is saved and brought back with that server's own programs. */
import { spawnSync } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import * as Database from "@farmops/core/sql/Database"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { runFarmops, startFarmops } from "../../hosts/cli/test/runFarmops.ts"
import { eventually } from "../quick/FarmProcess.ts"
import { chainOf, expectAcknowledged, expectSound } from "../quick/ledgerTruth.ts"
import { approvedLoadAgent, type LoadAgent, makeLoadOwner } from "../quick/trackerLoad.ts"
import { TrackerProcess } from "../quick/trackerProcess.ts"
import { postgresBin, type RunningPostgres, startPostgres } from "./postgres.ts"

const folder = mkdtempSync(join(tmpdir(), "farmops-migrate-"))
const data = join(folder, "farm")
const db = join(data, "tracker.db")
const owner = makeLoadOwner("migrate")
let server: RunningPostgres
let agent: LoadAgent

const run = (...args: ReadonlyArray<string>) => runFarmops(args, folder)
const migrate = (from: string, to: string) => run("tracker", "migrate", "--from", from, "--to", to, "--json")

const query = <Row extends object>(url: string, text: string) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => sql.unsafe<Row>(text)).pipe(
    Effect.provide(Database.layer(url)),
    Effect.runPromise
  )

const tablesOf = async (url: string) =>
  (
    await query<{ name: string }>(
      url,
      "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'"
    )
  ).map(({ name }) => name)

const bytesOf = () => readdirSync(data).map((name) => [name, readFileSync(join(data, name)).toString("base64")])

describe.skipIf(postgresBin === null)("a ledger that goes to another database", () => {
  beforeAll(async () => {
    server = await startPostgres()
    const tracker = new TrackerProcess({ db, data })
    const at = await tracker.serving()
    agent = await approvedLoadAgent(at)
    for (let sent = 0; sent < 40; sent++) expect(await agent.send(at)).toBe(true)
    for (let wish = 0; wish < 5; wish++) expect(await owner.act(at)).toBe(true)
    await tracker.kill("SIGTERM")
  }, 120_000)
  afterAll(() => {
    server.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  it("is equal there, row by row and in its replay, and the tracker goes on with its key", async () => {
    const before = bytesOf()
    const url = server.makeDatabase()
    const moved = await migrate(db, url)
    expect(moved, moved.stderr).toMatchObject({ code: 0 })
    expect(JSON.parse(moved.stdout)).toMatchObject({ proofs: 40, tables: { tracker_proof: { rows: 40 } } })
    expect(bytesOf()).toEqual(before)
    await expectSound({ db: url, data })
    const tracker = new TrackerProcess({ db: url, data })
    const at = await tracker.serving()
    expect(await agent.send(at)).toBe(true)
    expect(await owner.act(at)).toBe(true)
    expect((await tracker.kill("SIGTERM")).code).toBe(0)
    await expectAcknowledged({ db: url, data }, [agent], [owner])

    // And back, to a file of its own.
    const back = join(folder, "back.db")
    const returned = await migrate(url, back)
    expect(returned, returned.stderr).toMatchObject({ code: 0 })
    await expectAcknowledged({ db: back, data }, [agent], [owner])
  })

  it("is checked there as it is in a file, and repaired once its owner says that it was saved", async () => {
    const url = server.makeDatabase()
    expect(await migrate(db, url)).toMatchObject({ code: 0 })
    await query(url, "UPDATE tracker_farm SET human_coins = human_coins + 1")
    const check = (...more: ReadonlyArray<string>) =>
      run("tracker", "check", "--db", url, "--data", data, "--json", ...more)
    const found = await check()
    expect(found).toMatchObject({ code: 65 })
    expect(JSON.parse(found.stdout)).toMatchObject({ found: 1, findings: [{ kind: "sums" }] })
    const unsaved = await check("--repair")
    expect(unsaved).toMatchObject({ code: 64 })
    expect(unsaved.stderr).toContain("--saved")
    const repaired = await check("--repair", "--saved")
    expect(repaired, repaired.stderr).toMatchObject({ code: 0 })
    await expectSound({ db: url, data })
  })

  it("goes to no database that has one, and from none whose sums are wrong or whose tracker runs", async () => {
    const url = server.makeDatabase()
    const wrong = join(folder, "wrong")
    cpSync(data, wrong, { recursive: true })
    const open = new DatabaseSync(join(wrong, "tracker.db"))
    open.exec("UPDATE tracker_farm SET human_coins = human_coins + 1")
    open.close()
    const refused = await migrate(join(wrong, "tracker.db"), url)
    expect(refused, refused.stderr).toMatchObject({ code: 65, stdout: "" })
    expect(await tablesOf(url)).toEqual([])

    await query(url, "CREATE TABLE tracker_setting (name TEXT)")
    const taken = await migrate(db, url)
    expect(taken).toMatchObject({ code: 65 })
    expect(taken.stderr).toContain("tracker_setting")
    expect(await tablesOf(url)).toEqual(["tracker_setting"])

    const tracker = new TrackerProcess({ db: join(wrong, "tracker.db"), data: wrong })
    await tracker.serving()
    expect(await migrate(join(wrong, "tracker.db"), server.makeDatabase())).toMatchObject({ code: 75 })
    await tracker.kill("SIGKILL")
  })

  it("leaves the target empty and the source as it was when it is killed half-way, and goes there the next time", async () => {
    const large = join(folder, "large")
    mkdirSync(large)
    for (const name of readdirSync(data)) cpSync(join(data, name), join(large, name))
    const file = join(large, "tracker.db")
    const open = new DatabaseSync(file)
    // Rows that no replay reads, so many that a kill meets them on their way.
    open.exec(`INSERT INTO tracker_request SELECT 1000000 + i, 'k' || i, 'x', printf('%.*c', 500, 'x') FROM
      (WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000) SELECT i FROM n)`)
    open.close()
    const before = readFileSync(file)
    const url = server.makeDatabase()
    const started = startFarmops(["tracker", "migrate", "--from", file, "--to", url], folder)
    const busy = `SELECT pid FROM pg_stat_activity WHERE datname = current_database()
      AND pid <> pg_backend_pid() AND query LIKE 'INSERT INTO "tracker_request"%'`
    await eventually("the copy", async () => ((await query(url, busy)).length > 0 ? true : null), 60)
    expect((await started.kill("SIGKILL")).signal).toBe("SIGKILL")
    const others = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    await eventually("the server's end of it", async () => ((await query(url, others)).length === 0 ? true : null), 60)
    expect(await tablesOf(url)).toEqual([])
    expect(readFileSync(file).equals(before)).toBe(true)
    const again = await migrate(file, url)
    expect(again, again.stderr).toMatchObject({ code: 0 })
    expect(JSON.parse(again.stdout).tables.tracker_request.rows).toBeGreaterThan(60_000)
  }, 240_000)

  it("is saved and brought back by the commands that backup and restore name", async () => {
    const url = server.makeDatabase()
    expect(await migrate(db, url)).toMatchObject({ code: 0 })
    const shell = (line: string) => {
      const done = spawnSync("sh", ["-c", line], {
        cwd: folder,
        encoding: "utf8",
        env: { ...process.env, PATH: `${postgresBin}:${process.env.PATH}` }
      })
      expect(done.status, line + done.stderr).toBe(0)
    }
    const commandOf = (text: string, name: string) => new RegExp(`\`(${name} .*?)\``).exec(text)?.[1] ?? ""
    const named = await run("tracker", "backup", "farm.dump", "--db", url, "--data", data)
    expect(named.code).toBe(64)
    shell(commandOf(named.stderr, "pg_dump"))
    const fresh = server.makeDatabase()
    const restore = await run("tracker", "restore", "farm.dump", "--db", fresh, "--data", data)
    expect(restore.code, restore.stderr).toBe(64)
    shell(commandOf(restore.stderr, "pg_restore"))
    await expectSound({ db: fresh, data })
    expect(await chainOf(fresh, agent.agentId)).toEqual(agent.acknowledged.slice(0, 40))
  })
})
