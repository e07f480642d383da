import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { pollForEver, waitMs } from "../../src/sources/pollForEver.ts"
import { makeSourceStatus } from "../../src/sources/SourceStatus.ts"

const minute = 60_000

describe("a pause between two looks", () => {
  it("is the source's own while it works, a tenth more or less", () => {
    expect([0, 0.5, 1].map((random) => waitMs(10_000, 0, null, random))).toEqual([9_000, 10_000, 11_000])
    expect(waitMs(10_000, 0, minute, 0.5)).toBe(10_000)
  })

  it("doubles with each failure in a row, up to minutes", () => {
    expect([1, 2, 3, 4].map((failures) => waitMs(1_000, failures, null, 0.5))).toEqual([1_000, 2_000, 4_000, 8_000])
    expect([20, 1_000].map((failures) => waitMs(1_000, failures, null, 0.5))).toEqual([5 * minute, 5 * minute])
  })

  it("is never shorter than the other side asks for, nor longer than some hours for its sake", () => {
    expect(waitMs(1_000, 1, 10 * minute, 0)).toBe(10 * minute)
    expect(waitMs(1_000, 1, 1e12, 0)).toBe(6 * 60 * minute)
  })
})

describe("looking for ever", () => {
  it.effect("backs off while it fails, says so, and is at its own pace when it works again", () =>
    Effect.gen(function* () {
      const status = yield* makeSourceStatus
      let looks = 0
      let fails = true
      const look = Effect.suspend(() => {
        looks++
        return fails ? Effect.fail({ code: "busy", retryAfterMs: 30 * minute }) : Effect.void
      })
      yield* Effect.forkScoped(pollForEver(1_000, status, look), { startImmediately: true })
      yield* TestClock.adjust(29 * minute)
      expect(looks).toBe(1)
      expect(status.state.value).toMatchObject({ phase: "degraded", code: "busy" })
      fails = false
      yield* TestClock.adjust(minute)
      expect(looks).toBe(2)
      expect(status.state.value).toMatchObject({ phase: "watching", code: null })
      yield* TestClock.adjust(10_000)
      expect(looks).toBeGreaterThanOrEqual(10)
      expect(looks).toBeLessThanOrEqual(14)
    })
  )
})
