import { describe, expect, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import { dayNumberOf, farmDayOf, startOfDay } from "../src/scoring/farmDay.ts"
import {
  applyZoneChange,
  calendarOf,
  changeZone,
  farmDayIn,
  LedgerCalendar,
  timeZoneAt,
  ZoneChange,
  zoneChangesMax
} from "../src/scoring/LedgerCalendar.ts"
import { defaultRules, type Rules } from "../src/scoring/Rules.ts"
import { scoreAll, type Work } from "./scoredWork.ts"

const hour = 3600
const secondsOf = (timestamp: string) => Date.parse(timestamp) / 1000
const wire = (seconds: number) => new Date(seconds * 1000).toISOString().replace(".000", "")

const moved = (calendar: LedgerCalendar, now: string, timeZone: string): LedgerCalendar =>
  applyZoneChange(calendar, Result.getOrThrow(changeZone({ calendar, now, timeZone })))

/** The farm-days of some hours, and how many hours each has. */
const lengths = (calendar: LedgerCalendar, from: string, hours: number) => {
  const counts: Record<string, number> = {}
  for (let at = 0; at < hours; at++) {
    const day = farmDayIn(calendar, wire(secondsOf(from) + at * hour))
    counts[day] = (counts[day] ?? 0) + 1
  }
  return counts
}

describe("a change of the ledger's time zone", () => {
  const utc = calendarOf("UTC")
  const noon = "2026-11-16T12:00:00Z"

  it("goes east: the present day lasts to the first new midnight after its own, and a date falls out", () => {
    const calendar = moved(utc, noon, "Pacific/Auckland")
    expect(calendar.changes).toEqual([
      { time_zone: "Pacific/Auckland", last_day: 20_773, from_day: 20_775, from: "2026-11-17T11:00:00Z" }
    ])
    expect(lengths(calendar, "2026-11-16T00:00:00Z", 83)).toEqual({
      "2026-11-16": 35,
      "2026-11-18": 24,
      "2026-11-19": 24
    })
  })

  it("goes west: the present day lasts longer, and no date falls out", () => {
    const calendar = moved(calendarOf("Pacific/Auckland"), noon, "UTC")
    expect(lengths(calendar, "2026-11-16T11:00:00Z", 61)).toEqual({ "2026-11-17": 37, "2026-11-18": 24 })
  })

  it("crosses the whole world either way without a day of less than 24 hours", () => {
    const east = moved(calendarOf("Etc/GMT+12"), noon, "Etc/GMT-14")
    expect(lengths(east, "2026-11-16T12:00:00Z", 70)).toEqual({ "2026-11-16": 46, "2026-11-19": 24 })
    const west = moved(calendarOf("Etc/GMT-14"), noon, "Etc/GMT+12")
    expect(lengths(west, "2026-11-16T10:00:00Z", 74)).toEqual({ "2026-11-17": 50, "2026-11-18": 24 })
  })

  it("moves nothing that was worked before the present day's end", () => {
    const calendar = moved(utc, noon, "Asia/Tokyo")
    for (const at of ["2001-01-01T23:00:00Z", "2026-11-15T23:59:59Z", "2026-11-16T23:59:59Z"]) {
      expect(farmDayIn(calendar, at)).toBe(at.slice(0, 10))
      expect(timeZoneAt(calendar, at)).toBe("UTC")
    }
    expect(timeZoneAt(calendar, "2026-11-19T00:00:00Z")).toBe("Asia/Tokyo")
  })

  it("is taken back by another one on the same day, as if it had never been", () => {
    const mistaken = moved(utc, noon, "Asia/Tokyo")
    const back = moved(mistaken, "2026-11-16T12:05:00Z", "UTC")
    expect(lengths(back, "2026-11-16T00:00:00Z", 72)).toEqual(lengths(utc, "2026-11-16T00:00:00Z", 72))
    const corrected = moved(mistaken, "2026-11-16T12:05:00Z", "Europe/Berlin")
    expect(corrected).toEqual(moved(utc, noon, "Europe/Berlin"))
  })

  it("has to be waited for once the present day has outlasted its own end", () => {
    const calendar = moved(utc, noon, "Asia/Tokyo")
    expect(changeZone({ calendar, now: "2026-11-17T00:00:00Z", timeZone: "UTC" })).toEqual(Result.fail("under_way"))
    expect(Result.isSuccess(changeZone({ calendar, now: "2026-11-16T23:59:59Z", timeZone: "UTC" }))).toBe(true)
    expect(Result.isSuccess(changeZone({ calendar, now: "2026-11-17T15:00:00Z", timeZone: "UTC" }))).toBe(true)
  })

  it("leaves a day whole in which a worker's clock is already", () => {
    const newestDay = dayNumberOf("2026-11-17")
    const change = changeZone({ calendar: utc, now: "2026-11-16T23:58:00Z", timeZone: "Asia/Tokyo", newestDay })
    expect(change).toEqual(Result.succeed({ time_zone: "Asia/Tokyo", last_day: "2026-11-17", from_day: "2026-11-19" }))
  })

  it("is refused for a zone that is none, the zone that is, too many changes, and at the end of time", () => {
    const refusal = (calendar: LedgerCalendar, timeZone: string, now = noon) => changeZone({ calendar, now, timeZone })
    expect(refusal(utc, "Mars/Olympus")).toEqual(Result.fail("unknown_zone"))
    expect(refusal(utc, "UTC")).toEqual(Result.fail("same_zone"))
    expect(refusal(moved(utc, noon, "Asia/Tokyo"), "Asia/Tokyo")).toEqual(Result.fail("same_zone"))
    expect(refusal(utc, "Asia/Tokyo", "9999-12-30T00:00:00Z")).toEqual(Result.fail("end_of_time"))
    const span = { time_zone: "Europe/Berlin", last_day: 1, from_day: 2, from: "1970-01-02T23:00:00Z" }
    const full = { ...utc, changes: Array<typeof span>(zoneChangesMax).fill(span) }
    expect(refusal(full, "Asia/Tokyo")).toEqual(Result.fail("too_many"))
  })

  it("is written down with real dates only", () => {
    const isChange = Schema.is(ZoneChange)
    const change = { time_zone: "UTC", last_day: "2026-02-28", from_day: "2026-03-01" }
    expect(isChange(change)).toBe(true)
    for (const last_day of ["2026-02-29", "2026-13-01", "0000-01-01", "20260228", "2026-02-28T"]) {
      expect(isChange({ ...change, last_day })).toBe(false)
    }
  })
})

describe("a streak over a change of zone", () => {
  // Monday the 16th; the 17th falls out.
  const calendar = moved(calendarOf("UTC"), "2026-11-16T12:00:00Z", "Pacific/Auckland")
  const strict: Rules = { ...defaultRules, freeze_every_days: null }
  const works: ReadonlyArray<Work> = [
    { at: "2026-11-13T12:00:00Z" },
    { at: "2026-11-16T12:00:00Z" },
    { at: "2026-11-17T12:00:00Z" },
    { at: "2026-11-18T12:00:00Z" }
  ]
  const seen = (timeZone: string | LedgerCalendar, of: ReadonlyArray<Work>) =>
    scoreAll(of, { timeZone, rules: strict }).details.map(({ farm_day, streak_days }) => [farm_day, streak_days])

  it("goes on over the date that fell out, and breaks on a missed one beside it", () => {
    expect(seen(calendar, works)).toEqual([
      ["2026-11-13", 1],
      ["2026-11-16", 2],
      ["2026-11-18", 3],
      ["2026-11-19", 4]
    ])
    const rested = works.filter((_, at) => at !== 2)
    expect(seen(calendar, rested).at(-1)).toEqual(["2026-11-19", 1])
  })

  it("pays the long day as one day", () => {
    const many = Array.from({ length: 30 }, (_, at): Work => {
      const hours = `${String(12 + (at % 12)).padStart(2, "0")}:00:00Z`
      return {
        at: at < 15 ? `2026-11-16T${hours}` : "2026-11-17T08:00:00Z",
        actor: String(at),
        category: "incident",
        impact: 10
      }
    })
    const { details } = scoreAll(many, { timeZone: calendar })
    expect(new Set(details.map(({ farm_day }) => farm_day))).toEqual(new Set(["2026-11-16"]))
    expect(details.reduce((sum, { coins }) => sum + coins, 0)).toBe(600)
  })
})

const zones = [
  "UTC",
  "Europe/Berlin",
  "America/New_York",
  "America/St_Johns",
  "Pacific/Auckland",
  "Pacific/Chatham",
  "Pacific/Kiritimati",
  "Pacific/Pago_Pago",
  "Australia/Lord_Howe",
  "America/Sao_Paulo",
  "Asia/Kathmandu",
  "Antarctica/Troll",
  "Africa/Casablanca",
  "Etc/GMT+12",
  "Etc/GMT-14"
] as const

const Zone = Schema.Literals(zones)
const int = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

/** Changes with the seconds that pass before each: often within one day, sometimes months. */
const Changes = Schema.Array(
  Schema.Struct({ zone: Zone, seconds: Schema.Union([int(0, 90_000), int(0, 30_000_000)]) })
).check(Schema.isMaxLength(12))
const Start = int(secondsOf("2026-01-01T00:00:00Z"), secondsOf("2036-01-01T00:00:00Z"))

interface Roll {
  readonly calendar: LedgerCalendar
  readonly moments: ReadonlyArray<{
    readonly now: number
    readonly before: LedgerCalendar
    readonly after: LedgerCalendar
  }>
  readonly end: number
}

const roll = (zone: string, start: number, changes: typeof Changes.Type): Roll => {
  const moments: Array<Roll["moments"][number]> = []
  let calendar = calendarOf(zone)
  let now = start
  for (const { seconds, zone: timeZone } of changes) {
    now += seconds
    const change = changeZone({ calendar, now: wire(now), timeZone })
    if (Result.isFailure(change)) continue
    const after = applyZoneChange(calendar, change.success)
    moments.push({ now, before: calendar, after })
    calendar = after
  }
  return { calendar, moments, end: now }
}

// Far shorter than any day may be.
const step = 2 * hour

/** The first second of each farm-day from `from` to `to`. */
const beginnings = (calendar: LedgerCalendar, from: number, to: number) => {
  const found: Array<{ readonly day: number; readonly at: number }> = []
  const dayAt = (seconds: number) => dayNumberOf(farmDayIn(calendar, wire(seconds)))
  for (let at = from; at < to; at += step) {
    if (dayAt(at) === dayAt(at + step)) continue
    let low = at
    let high = at + step
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2)
      if (dayAt(middle) === dayAt(at)) low = middle
      else high = middle
    }
    found.push({ day: dayAt(high), at: high })
  }
  return found
}

const around = 4 * 24 * hour

describe("for any sequence of changes", () => {
  it.prop(
    "no instant that has passed, nor one of the day's own hours to come, gets another farm-day",
    { zone: Zone, start: Start, changes: Changes, instants: Schema.Array(int(-40_000_000, 0)) },
    ({ changes, instants, start, zone }) => {
      for (const { after, before, now } of roll(zone, start, changes).moments) {
        for (const seconds of [0, -1, ...instants]) {
          expect(farmDayIn(after, wire(now + seconds))).toBe(farmDayIn(before, wire(now + seconds)))
        }
        const today = farmDayIn(before, wire(now))
        const end = secondsOf(startOfDay(dayNumberOf(today) + 1, timeZoneAt(before, wire(now))))
        expect(farmDayIn(after, wire(end - 1))).toBe(today)
      }
    }
  )

  it.prop(
    "days follow one another, and each is at least as long as in the zone in which it began",
    { zone: Zone, start: Start, changes: Changes },
    ({ changes, start, zone }) => {
      const { calendar, moments } = roll(zone, start, changes)
      for (const { now } of moments) {
        const days = beginnings(calendar, now - around, now + around)
        for (const [at, { at: began, day }] of days.entries()) {
          const next = days[at + 1]
          if (next === undefined) break
          expect(next.day).toBeGreaterThan(day)
          const own = timeZoneAt(calendar, wire(began))
          const ends = secondsOf(startOfDay(day + 1, own))
          expect(next.at).toBeGreaterThanOrEqual(ends)
          // Troll changes its clocks by two hours.
          expect(next.at - began).toBeGreaterThanOrEqual((own === "Antarctica/Troll" ? 22 : 23) * hour)
          expect(farmDayOf(wire(began), own)).toBe(farmDayIn(calendar, wire(began)))
        }
      }
    },
    { arbitrary: { runs: 25 } }
  )

  it.prop(
    "there are no more farm-days than the world has dates",
    { zone: Zone, start: Start, changes: Changes },
    ({ changes, start, zone }) => {
      const { calendar, end, moments } = roll(zone, start, changes)
      const first = dayNumberOf(farmDayIn(calendar, wire(start)))
      const last = dayNumberOf(farmDayIn(calendar, wire(end)))
      const skipped = calendar.changes
        .filter(({ from }) => from <= wire(end))
        .reduce((sum, { from_day, last_day }) => sum + from_day - last_day - 1, 0)
      expect(last - first + 1 - skipped).toBeLessThanOrEqual(Math.ceil((end - start + 2 * hour) / (24 * hour)) + 1)
      expect(moments.length).toBeGreaterThanOrEqual(calendar.changes.length)
    }
  )

  it.prop(
    "the calendar survives its way through JSON, its changes in order and each with a later day than the one before",
    { zone: Zone, start: Start, changes: Changes },
    ({ changes, start, zone }) => {
      const { calendar } = roll(zone, start, changes)
      expect(Schema.decodeUnknownSync(LedgerCalendar)(JSON.parse(JSON.stringify(calendar)))).toEqual(calendar)
      const ends = calendar.changes.flatMap(({ from_day, last_day }) => [last_day, from_day])
      expect(ends).toEqual(ends.toSorted((one, other) => one - other))
      for (const { from_day, last_day } of calendar.changes) expect(from_day).toBeGreaterThan(last_day)
    }
  )
})

describe("a clock-roller who changes the zone at every chance for a year", () => {
  it.each<[string, ReadonlyArray<string>]>([
    ["between the ends of the world", ["Etc/GMT-14", "Etc/GMT+12"]],
    ["always eastward", ["Etc/GMT+12", "Etc/GMT+4", "Etc/GMT-4", "Etc/GMT-14"]],
    ["always westward", ["Etc/GMT-14", "Etc/GMT-4", "Etc/GMT+4", "Etc/GMT+12"]]
  ])("has fewer farm-days than the year has: %s", (_, path) => {
    const start = secondsOf("2026-01-01T00:00:00Z")
    let calendar = calendarOf("UTC")
    const days = new Set<string>()
    let turn = 0
    for (let at = 0; at < 365 * 24; at += 11) {
      const now = wire(start + at * hour)
      const change = changeZone({ calendar, now, timeZone: path[turn % path.length] ?? "UTC" })
      if (Result.isSuccess(change)) {
        calendar = applyZoneChange(calendar, change.success)
        turn++
      }
      days.add(farmDayIn(calendar, now))
    }
    expect(days.size).toBeLessThanOrEqual(366)
    expect(turn).toBeGreaterThan(100)
  })
})
