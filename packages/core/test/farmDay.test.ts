import { describe, expect, it } from "@effect/vitest"
import { dayNumberOf, dayOfNumber, farmDayOf, isTimeZone, weekdayOf, weekdays } from "../src/scoring/farmDay.ts"

describe("a farm-day", () => {
  it("has 23 or 25 hours when clocks change, and is still one day", () => {
    const days = (from: string, hours: number) =>
      new Set(
        Array.from({ length: hours }, (_, hour) =>
          farmDayOf(new Date(Date.parse(from) + hour * 3_600_000).toISOString().replace(".000", ""), "Europe/Berlin")
        )
      )
    expect([...days("2026-03-28T23:00:00Z", 23)]).toEqual(["2026-03-29"])
    expect([...days("2026-10-24T22:00:00Z", 25)]).toEqual(["2026-10-25"])
  })

  it("is defined to both ends of what the wire can spell", () => {
    expect(farmDayOf("0001-01-01T00:00:00Z", "America/New_York")).toBe("0001-01-01")
    expect(farmDayOf("0001-01-02T00:00:00Z", "America/New_York")).toBe("0001-01-01")
    expect(farmDayOf("9999-12-31T23:59:59Z", "Pacific/Auckland")).toBe("9999-12-31")
  })

  it("falls back to UTC for a zone that is none, which can be asked before", () => {
    expect(isTimeZone("Mars/Olympus")).toBe(false)
    expect(isTimeZone("Europe/Berlin")).toBe(true)
    expect(farmDayOf("2026-11-16T23:30:00Z", "Mars/Olympus")).toBe("2026-11-16")
  })

  it("has a number, and a weekday that the number gives", () => {
    expect(dayNumberOf("1970-01-01")).toBe(0)
    expect(dayOfNumber(dayNumberOf("2028-02-29") + 1)).toBe("2028-03-01")
    expect(weekdays[weekdayOf(dayNumberOf("2026-11-16"))]).toBe("monday")
    expect(weekdays[weekdayOf(dayNumberOf("1969-12-31"))]).toBe("wednesday")
  })
})
