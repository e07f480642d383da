/**
 * A disk that fills and one that fails, under the real tracker: nothing is acknowledged that is not kept, and the tracker goes
 * on by itself once the disk does, or ends with a line and a status.
 */
import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, afterEach, describe, expect, it } from "vitest"
import { eventually } from "../quick/FarmProcess.ts"
import { chainOf, expectAcknowledged } from "../quick/ledgerTruth.ts"
import { approvedLoadAgent, type LoadAgent, makeLoadOwner, request, type Serving } from "../quick/trackerLoad.ts"
import { TrackerProcess } from "../quick/trackerProcess.ts"

const program = fileURLToPath(new URL("../../hosts/tracker/bin/farmops-tracker.js", import.meta.url))
const strace = "/usr/bin/strace"
const isTraced = spawnSync(strace, ["-qq", "-e", "trace=none", "true"]).status === 0
if (!isTraced) {
  const cure = existsSync(strace) ? "this system lets nobody trace" : "install strace with: apt-get install -y strace"
  console.warn(`the tests of failing disks are skipped: ${cure}`)
}

const folder = mkdtempSync(join(tmpdir(), "farmops-faults-"))
const disk = join(folder, "disk")
const mounted = spawnSync("sh", ["-c", `mkdir ${disk} && mount -t tmpfs -o size=3m,mode=0700 tmpfs ${disk}`])
const isMounted = mounted.status === 0
if (!isMounted) console.warn("the test of a full disk is skipped: only root may mount a small file system here")

const running: Array<TrackerProcess> = []
const start = (place: ConstructorParameters<typeof TrackerProcess>[0]) => {
  const tracker = new TrackerProcess(place)
  running.push(tracker)
  return tracker
}
afterEach(async () => {
  await Promise.all(running.splice(0).map((tracker) => tracker.kill("SIGKILL")))
})
afterAll(() => {
  if (isMounted) spawnSync("umount", [disk])
  rmSync(folder, { recursive: true, force: true })
})

/** What one line got: a yes, a no that may be tried again, or nothing because the tracker has ended. */
const attempt = async (tracker: TrackerProcess, agent: LoadAgent, at: Serving): Promise<"yes" | "no" | "gone"> => {
  const isTaken = await agent.send(at).catch(() => false)
  if (isTaken) return "yes"
  return tracker.isOver ? "gone" : "no"
}

/** The program itself, where a launcher has started it. */
const programOf = (pid: number): number => {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim()
  return children === "" ? pid : programOf(Number(children.split(" ")[0]))
}

/** Lets these calls of a running tracker fail until it is told to stop. */
const letFail = async (tracker: TrackerProcess, calls: string, error: string) => {
  const log = join(folder, `strace-${tracker.pid}.log`)
  const flags = ["-f", "-o", log, "-e", `trace=${calls}`, "-e", `inject=${calls}:error=${error}`]
  const child = spawn(strace, [...flags, "-p", String(programOf(tracker.pid))], { stdio: ["ignore", "ignore", "pipe"] })
  const attached = new Promise<void>((done, fail) => {
    child.stderr.on("data", (text) => (/attached/.test(String(text)) ? done() : undefined))
    child.on("close", () => fail(new Error("strace could not attach")))
  })
  const detached = once(child, "close")
  await attached
  return async () => {
    child.kill("SIGINT")
    await detached
    return readFileSync(log, "utf8").match(/INJECTED/g)?.length ?? 0
  }
}

describe.skipIf(!isMounted)("a tracker on a disk that is full", () => {
  it("takes no proof, says so, answers reads, and goes on by itself when there is room again", async () => {
    const place = { db: join(disk, "tracker.db"), data: join(folder, "keys-full") }
    const tracker = start(place)
    const at = await tracker.serving()
    const agent = await approvedLoadAgent(at)
    const owner = makeLoadOwner("full")
    for (let sent = 0; sent < 5; sent++) expect(await attempt(tracker, agent, at)).toBe("yes")
    const ballast = join(disk, "ballast")
    const { bavail, bsize } = statfsSync(disk)
    writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail - 4) * bsize))
    const refused = await eventually("the first refusal", async () => {
      const answer = await attempt(tracker, agent, at)
      return answer === "yes" ? null : answer
    })
    expect(refused).toBe("no")
    // The same line over REST tells the reason that a client waits for; a purchase is refused as well, and a read is not.
    const purchase = await request(at, "/api/v1/shop/purchase", JSON.stringify({ item: "fence" }))
    expect(purchase).toMatchObject({ status: 503, json: { code: "ledger_unavailable" } })
    expect(await owner.act(at)).toBe(false)
    const farm = await request(at, "/api/v1/farm")
    expect(farm).toMatchObject({ status: 200, json: { proofs: agent.acknowledged.length } })
    expect(await chainOf(place.db, agent.agentId)).toEqual(agent.acknowledged)

    rmSync(ballast)
    await eventually("the next yes", async () => ((await attempt(tracker, agent, at)) === "yes" ? true : null))
    expect(await owner.act(at)).toBe(true)
    expect((await tracker.kill("SIGTERM")).code).toBe(0)
    await expectAcknowledged(place, [agent], [owner])
  })
})

describe.skipIf(!isTraced)("a tracker whose disk fails", () => {
  it.each([
    ["fsync,fdatasync", "EIO"],
    ["fsync,fdatasync", "ENOSPC"],
    ["pwrite64", "EIO"],
    ["pwrite64", "ENOSPC"]
  ])(
    "with %s answering %s acknowledges nothing that it has not kept, and goes on when it answers again",
    async (calls, error) => {
      const data = mkdtempSync(join(folder, "failing-"))
      const place = { db: join(data, "tracker.db"), data }
      const tracker = start(place)
      const at = await tracker.serving()
      const agent = await approvedLoadAgent(at)
      for (let sent = 0; sent < 4; sent++) expect(await attempt(tracker, agent, at)).toBe("yes")
      const mend = await letFail(tracker, calls, error)
      for (let sent = 0; sent < 6; sent++) expect(await attempt(tracker, agent, at)).toBe("no")
      expect(await mend()).toBeGreaterThan(0)
      await eventually("the next yes", async () => {
        const answer = await attempt(tracker, agent, at)
        if (answer === "gone") throw new Error(tracker.errors)
        return answer === "yes" ? true : null
      })
      for (let sent = 0; sent < 4; sent++) expect(await attempt(tracker, agent, at)).toBe("yes")
      // Nothing is left to a stop that is in order.
      await tracker.kill("SIGKILL")
      await expectAcknowledged(place, [agent])
    }
  )

  it("at the start says so in one line, ends, and starts when the disk answers again", async () => {
    const data = mkdtempSync(join(folder, "starting-"))
    const place = { db: join(data, "tracker.db"), data }
    const flags = ["--db", place.db, "--data", data, "--port", "0"]
    const inject = ["-f", "-qq", "-o", "/dev/null", "-e", "inject=fsync,fdatasync:error=EIO"]
    const failed = spawnSync(strace, [...inject, process.execPath, "--conditions=@farmops/source", program, ...flags], {
      encoding: "utf8"
    })
    expect(failed.status).toBe(74)
    expect(failed.stderr).toMatch(/^farmops-tracker: [^\n]+\n$/)
    const tracker = start(place)
    const at = await tracker.serving()
    const agent = await approvedLoadAgent(at)
    expect(await attempt(tracker, agent, at)).toBe("yes")
  })
})
