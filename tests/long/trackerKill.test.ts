/**
 * kill -9 of a tracker at random moments of mixed load. Every yes that was said before is in the ledger exactly once, and its
 * balances are those of a replay.
 */
import { randomInt } from "node:crypto"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, expect, it } from "vitest"
import { expectAcknowledged } from "../quick/ledgerTruth.ts"
import { approvedLoadAgent, keepDoing, type LoadAgent, makeLoadOwner } from "../quick/trackerLoad.ts"
import { TrackerProcess } from "../quick/trackerProcess.ts"

const kills = Number(process.env.KILLS ?? 500)
const folder = mkdtempSync(join(tmpdir(), "farmops-tracker-kill-"))
const place = { db: join(folder, "tracker.db"), data: folder }
let tracker = new TrackerProcess(place)
afterAll(async () => {
  await tracker.kill("SIGKILL")
  rmSync(folder, { recursive: true, force: true })
})

// The audit reads the whole ledger: often enough to name the kill that broke it.
const killsPerAudit = 50

const medianOf = (values: ReadonlyArray<number>): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms))

/** One in four is soon after the start, often before the first yes; the others are after some of them, in the middle of more. */
const randomMoment = async (acknowledged: () => number): Promise<void> => {
  if (randomInt(0, 4) === 0) return void (await pause(randomInt(0, 100)))
  const wanted = randomInt(1, 60)
  const until = performance.now() + 60_000
  while (acknowledged() < wanted && performance.now() < until) await pause(1)
  await pause(randomInt(0, 10))
}

it(
  `a tracker's ledger is whole after ${kills} kills under load`,
  async () => {
    const first = await tracker.serving()
    const agents: ReadonlyArray<LoadAgent> = await Promise.all([0, 1, 2].map(() => approvedLoadAgent(first)))
    const owners = [makeLoadOwner("kill")]
    const restartMs: Array<number> = []
    let midway = 0
    for (let killed = 0; killed < kills; killed++) {
      const serving = await tracker.serving()
      let over = false
      const isOver = () => over
      const before = agents.map(({ acknowledged }) => acknowledged.length)
      const load = [
        ...agents.map((agent) => keepDoing(() => agent.send(serving), isOver)),
        ...owners.map((owner) => keepDoing(() => owner.act(serving), isOver))
      ]
      await randomMoment(() =>
        agents.reduce((sum, { acknowledged }, at) => sum + acknowledged.length - (before[at] ?? 0), 0)
      )
      expect((await tracker.kill("SIGKILL")).signal).toBe("SIGKILL")
      over = true
      await Promise.all(load)
      if (agents.some(({ acknowledged }, at) => acknowledged.length > (before[at] ?? 0))) midway++
      if ((killed + 1) % killsPerAudit === 0) await expectAcknowledged(place, agents, owners)
      const began = performance.now()
      tracker = new TrackerProcess(place)
      await tracker.serving()
      restartMs.push(performance.now() - began)
    }
    expect((await tracker.kill("SIGTERM")).code).toBe(0)
    await expectAcknowledged(place, agents, owners)
    const lines = agents.reduce((sum, { acknowledged }) => sum + acknowledged.length, 0)
    const owner = owners[0]
    console.log(
      `${kills} kills, ${midway} of them after a yes; ${lines} proofs, ${owner?.bought.length} purchases, ${owner?.refunded.length} refunds; median restart ${medianOf(restartMs).toFixed(0)} ms`
    )
    expect(midway).toBeGreaterThan(kills / 4)
    expect(owner?.refunded.length).toBeGreaterThan(0)
  },
  90 * 60_000
)
