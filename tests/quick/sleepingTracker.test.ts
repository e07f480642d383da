/** A tracker that sleeps while proofs pile up, at a size that every test run can afford; `tests/long` has a week's worth. */
import { afterAll, describe, expect, it } from "vitest"
import { temporary } from "./FarmProcess.ts"
import { SleepingTracker, sleepAndCatchUp } from "./sleepingTracker.ts"

const proofs = 1500
const folder = temporary("sleeping")
const farm = new SleepingTracker(folder.path, "outbox_max: 1000\n")

afterAll(async () => {
  await Promise.all([farm.end("agent", "SIGKILL"), farm.end("tracker", "SIGKILL")])
  folder.remove()
})

describe("an agent whose tracker sleeps", () => {
  it("pauses with a warning when its outbox is full, and catches up once, also when both are killed on the way", async () => {
    const { last, paused, warned } = await sleepAndCatchUp(farm, proofs)
    expect(paused).toMatchObject({
      phase: "degraded",
      observations: { paused: true },
      outbox: { pending: proofs, delivered: 1, max: 1000, full: true }
    })
    expect(warned).toBe(1)
    expect(last).toMatchObject({ phase: "watching", warnings: [], outbox: { full: false, delivered: proofs + 2 } })
  }, 240_000)
})
