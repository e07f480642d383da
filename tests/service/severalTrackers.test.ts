/** Several tracker programs on one PostgreSQL ledger: one order, every yes once, also when one of them is killed. */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { eventually } from "../quick/FarmProcess.ts"
import { expectAcknowledged, expectSound } from "../quick/ledgerTruth.ts"
import { approvedLoadAgent, keepDoing, makeLoadOwner, type Serving } from "../quick/trackerLoad.ts"
import { TrackerProcess } from "../quick/trackerProcess.ts"
import { postgresBin, type RunningPostgres, startPostgres } from "./postgres.ts"

const folder = mkdtempSync(join(tmpdir(), "farmops-several-"))
let server: RunningPostgres
const running: Array<TrackerProcess> = []

/** Each process has a folder of its own, with the farm's one key. */
const startAll = async (db: string, count: number) => {
  const serving: Array<Serving> = []
  for (let at = 0; at < count; at++) {
    const data = join(folder, `tracker-${running.length}`)
    if (at > 0) {
      mkdirSync(data, { mode: 0o700 })
      for (const name of ["tracker.key", "owner-token"]) {
        copyFileSync(join(folder, `tracker-${running.length - at}`, name), join(data, name))
      }
    }
    const tracker = new TrackerProcess({ db, data })
    running.push(tracker)
    serving.push(await tracker.serving())
  }
  return serving
}

describe.skipIf(postgresBin === null)("three trackers on one ledger", () => {
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(async () => {
    await Promise.all(running.map((tracker) => tracker.kill("SIGKILL")))
    server.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  it("take each line once, whoever is sent it, and go on when one of them is killed", async () => {
    const db = server.makeDatabase()
    const first = running.length
    const [a, b, c] = await startAll(db, 3)
    if (a === undefined || b === undefined || c === undefined) throw new Error("not started")
    const agents = [await approvedLoadAgent(a), await approvedLoadAgent(b), await approvedLoadAgent(c)]
    const shared = await approvedLoadAgent(a)
    const owners = [makeLoadOwner("a"), makeLoadOwner("b")]
    // One chain over all three at once: of each line one of them says that it is new.
    for (let sent = 0; sent < 20; sent++) expect(await shared.sendToAll([a, b, c])).toBe(1)

    let over = false
    const isOver = () => over
    const turns = [a, b, c]
    let turn = 0
    const load = [
      // Each agent goes from tracker to tracker, as behind a balancer; what breaks off is sent again to the next.
      ...agents.map((agent) => keepDoing(() => agent.send(turns[turn++ % turns.length] ?? a), isOver)),
      ...owners.map((owner, at) => keepDoing(() => owner.act(at === 0 ? a : b), isOver))
    ]
    const until = async (lines: number) => {
      await eventually(
        `${lines} lines`,
        async () => (agents.every(({ acknowledged }) => acknowledged.length >= lines) ? true : null),
        90
      )
    }
    await until(20)
    const victim = running[first + 2]
    expect((await victim?.kill("SIGKILL"))?.signal).toBe("SIGKILL")
    await until(60)
    over = true
    const done = await Promise.all(load)
    expect(Math.min(...done)).toBeGreaterThan(0)
    for (const tracker of running.slice(first, first + 2)) expect((await tracker.kill("SIGTERM")).code).toBe(0)
    const data = join(folder, `tracker-${first}`)
    await expectAcknowledged({ db, data }, [...agents, shared], owners)
  })

  it("are joined by none that has a key of its own", async () => {
    const db = server.makeDatabase()
    const first = running.length
    const [a] = await startAll(db, 1)
    if (a === undefined) throw new Error("not started")
    const agent = await approvedLoadAgent(a)
    expect(await agent.send(a)).toBe(true)
    expect((await running[first]?.kill("SIGTERM"))?.code).toBe(0)
    const data = join(folder, "stranger")
    mkdirSync(data, { mode: 0o700 })
    copyFileSync(join(folder, `tracker-${first}`, "owner-token"), join(data, "owner-token"))
    const stranger = new TrackerProcess({ db, data })
    running.push(stranger)
    const { code, errors } = await stranger.ended
    expect(code, errors).toBe(77)
    expect(errors).toContain("is not the key that signed this ledger's last checkpoint")
    await expectSound({ db, data: join(folder, `tracker-${first}`) })
  })
})
