/** A tracker that sleeps for a week: 100,000 proofs wait, and are brought in bounded memory with progress to see. */
import { afterAll, describe, expect, it } from "vitest"
import { temporary } from "../quick/FarmProcess.ts"
import { SleepingTracker, sleepAndCatchUp } from "../quick/sleepingTracker.ts"

const proofs = Number(process.env.PROOFS ?? 100_000)
const folder = temporary("sleeping-week")
const farm = new SleepingTracker(folder.path, `outbox_max: ${Math.floor(proofs / 2)}\n`)

afterAll(async () => {
  await Promise.all([farm.end("agent", "SIGKILL"), farm.end("tracker", "SIGKILL")])
  folder.remove()
})

// A batch is at most 2 MiB of lines; what comes on top of an idle agent is garbage that Node has not collected yet.
const growthMibMax = 120

describe("an agent whose tracker slept for a week", () => {
  it(`brings ${proofs} proofs in bounded memory, shows how far it is, and loses and repeats none when killed`, async () => {
    const { last, paused, peakMib, restingMib, seconds, steps } = await sleepAndCatchUp(farm, proofs)
    console.log(
      `${proofs} proofs in ${seconds.toFixed(0)} s, two kills and restarts included; ${restingMib.toFixed(0)} MiB at rest, ${peakMib.toFixed(0)} MiB at most`
    )
    expect(paused.outbox).toMatchObject({ pending: proofs, full: true })
    expect(peakMib - restingMib).toBeLessThan(growthMibMax)
    expect(steps).toBeGreaterThan(20)
    expect(last).toMatchObject({ warnings: [], outbox: { delivered: proofs + 2 } })
  })
})
