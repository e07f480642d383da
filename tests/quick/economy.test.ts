import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { personas, weekday } from "../../bench/economy/personas.ts"
import { bestDayOf, ceiling, docs, plotOf, reportEconomy, withTable } from "../../bench/economy/report.ts"
import { simulate } from "../../bench/economy/simulate.ts"

const root = new URL("../../", import.meta.url)
const read = (file: string) => readFileSync(new URL(file, root), "utf8")

describe("the economy of a year", () => {
  const report = reportEconomy(365)

  it("pays an idle timer less than half of a weekday worker", () => {
    expect(report.ratios.idle_timer_vs_weekday).toBeLessThanOrEqual(0.5)
  })

  it("gives nobody more than the ceiling in a farm-day", () => {
    expect(report.years).toHaveLength(personas.length)
    for (const year of report.years) {
      expect(bestDayOf(year)).toBeLessThanOrEqual(ceiling)
      expect(year.coins).toBe([...year.farmDays.values()].reduce((sum, coins) => sum + coins, 0))
    }
    // Somebody comes up against it, or this would show nothing.
    expect(Math.max(...report.years.map(bestDayOf))).toBe(ceiling)
  })

  it("lets the weekday worker's streak survive every weekend", () => {
    const year = report.years.find(({ persona }) => persona === weekday.name)
    const weekdays = Array.from({ length: 365 }, (_, day) => new Date(Date.UTC(2026, 0, 1 + day)).getUTCDay())
    expect(year?.longestStreak).toBe(weekdays.filter((day) => day % 6 !== 0).length)
  })

  it("takes little from people who rest, and gives nothing to who rolls the clock", () => {
    expect(report.ratios.rested_vs_weekday).toBeGreaterThan(0.94)
    expect(report.ratios.clock_roller_vs_heavy).toBeLessThanOrEqual(1)
    for (const { farm_days: farmDays } of report.rows) expect(farmDays).toBeLessThanOrEqual(365)
  })

  it("is the same whenever it is lived", () => {
    expect(simulate(weekday, 60)).toEqual(simulate(weekday, 60))
  })

  it("is what the documentation shows", () => {
    const hint = "run npm run bench -- economy --docs"
    expect(read(docs.plot) === plotOf(report), hint).toBe(true)
    const page = read(docs.page)
    expect(page === withTable(page, report), hint).toBe(true)
  })
})
