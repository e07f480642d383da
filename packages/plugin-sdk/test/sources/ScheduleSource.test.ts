import { describe, expect, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { makeSourceMemoryInRam } from "../../src/sources/SourceMemory.ts"
import { makeScheduleSource, type ScheduleOptions } from "../../src/sources/schedule/ScheduleSource.ts"
import { dataOf, makeMemorySink } from "./sinkFixture.ts"

const options = (changes: Partial<ScheduleOptions> = {}) => ({
  name: "milking",
  source_type: "schedule",
  actor: "ops",
  cron: "30 6 * * *",
  ...changes
})

const hour = 3_600_000

/** A schedule that can be stopped and started again, and the moments that it told. */
const keeping = Effect.fnUntraced(function* (given: ReturnType<typeof options>, start: string) {
  yield* TestClock.setTime(Date.parse(start))
  const memory = yield* makeSourceMemoryInRam
  const sink = yield* makeMemorySink()
  return {
    repeats: sink.repeats,
    told: () => sink.taken.map((one) => (dataOf(one) as { readonly due_at: string }).due_at),
    run: Effect.gen(function* () {
      const source = yield* makeScheduleSource(given, memory)
      return yield* Effect.forkScoped(source.run(sink), { startImmediately: true })
    })
  }
})

describe("a schedule", () => {
  it.effect("tells each moment when it is due, and nothing that was due before it first started", () =>
    Effect.gen(function* () {
      const { run, told } = yield* keeping(options(), "2026-02-03T12:00:00Z")
      yield* run
      yield* TestClock.adjust(18 * hour)
      expect(told()).toEqual([])
      yield* TestClock.adjust(hour)
      expect(told()).toEqual(["2026-02-04T06:30:00.000Z"])
      yield* TestClock.adjust(24 * hour)
      expect(told()).toEqual(["2026-02-04T06:30:00.000Z", "2026-02-05T06:30:00.000Z"])
    })
  )

  it.effect("keeps to the clocks of its time zone, and tells the hour once that they repeat", () =>
    Effect.gen(function* () {
      const zone = { time_zone: "Europe/Berlin", cron: "30 2 * * *" }
      const { run, told } = yield* keeping(options(zone), "2026-10-24T12:00:00Z")
      yield* run
      yield* TestClock.adjust(48 * hour)
      expect(told()).toEqual(["2026-10-25T00:30:00.000Z", "2026-10-26T01:30:00.000Z"])
    })
  )

  it.effect("tells the last of the moments that it missed while it was down, once, if it is to", () =>
    Effect.gen(function* () {
      for (const [missed, late] of [
        ["once", ["2026-02-06T06:30:00.000Z"]],
        ["skip", []]
      ] as const) {
        const { repeats, run, told } = yield* keeping(options({ missed }), "2026-02-03T12:00:00Z")
        const first = yield* run
        yield* TestClock.adjust(24 * hour)
        yield* Fiber.interrupt(first)
        yield* TestClock.adjust(48 * hour)
        const second = yield* run
        expect(told()).toEqual(["2026-02-04T06:30:00.000Z", ...late])
        yield* Fiber.interrupt(second)
        yield* run
        yield* TestClock.adjust(hour)
        expect(told()).toEqual(["2026-02-04T06:30:00.000Z", ...late])
        yield* TestClock.adjust(23 * hour)
        expect(told().at(-1)).toBe("2026-02-07T06:30:00.000Z")
        expect(repeats()).toBe(0)
      }
    })
  )

  it.effect("may name seconds", () =>
    Effect.gen(function* () {
      const { run, told } = yield* keeping(options({ cron: "* * * * * *" }), "2026-02-03T12:00:00Z")
      yield* run
      yield* TestClock.adjust(3_000)
      expect(told()).toEqual(["01", "02", "03"].map((second) => `2026-02-03T12:00:${second}.000Z`))
    })
  )

  it.effect.each([
    [{ cron: "61 * * * *" }, "cron"],
    [{ cron: "every day" }, "cron"],
    [{ cron: "0 0 30 2 *" }, "never"],
    [{ time_zone: "Farm/Barn" }, "time_zone"]
  ] as ReadonlyArray<[Partial<ScheduleOptions>, string]>)(
    "is refused where it names no moment: %j",
    ([changes, word]) =>
      Effect.gen(function* () {
        const memory = yield* makeSourceMemoryInRam
        expect((yield* Effect.flip(makeScheduleSource(options(changes), memory))).reason).toContain(word)
      })
  )
})
