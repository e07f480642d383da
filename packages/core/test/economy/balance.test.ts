import { describe, expect, it } from "@effect/vitest"
import { categories } from "@farmops/proof/vocabulary"
import { defaultCatalogue } from "../../src/farm/economy/defaultCatalogue.ts"
import type { SoldItem } from "../../src/farm/economy/Item.ts"
import { upgradeOf } from "../../src/farm/economy/upgradeOf.ts"
import { defaultRules } from "../../src/scoring/Rules.ts"
import { liveYear, weekdayWorker, type Year } from "./workerYear.ts"

const lasting = defaultCatalogue.items.filter(
  (item): item is SoldItem => item.kind !== "trophy" && item.kind !== "consumable"
)
const levelsOf = (items: ReadonlyArray<SoldItem>) => items.reduce((sum, { levels }) => sum + levels.length, 0)

const weekOf = ({ days }: Year, week: number) => days.slice(7 * (week - 1), 7 * week)
const boughtIn = (year: Year, week: number) => weekOf(year, week).flatMap(({ bought }) => bought)

const average = (year: Year, from: number, to: number): number => {
  const worked = year.days.filter(({ day, worked }) => worked && day >= from && day <= to)
  return worked.reduce((sum, { coins }) => sum + coins, 0) / worked.length
}

describe("the default prices, for somebody with eight proofs on each weekday", () => {
  const year = liveYear(defaultCatalogue, weekdayWorker)

  it("are met by 150 to 300 coins a day at first, and never by more than the ceiling", () => {
    expect(average(year, 1, 5)).toBeGreaterThan(150)
    expect(average(year, 1, 28)).toBeLessThan(300)
    expect(Math.max(...year.days.map(({ coins }) => coins))).toBeLessThanOrEqual(600)
  })

  it("let something be bought on the first day and in each of the first twelve weeks", () => {
    expect(year.days[0]?.bought.length).toBeGreaterThan(0)
    for (let week = 1; week <= 12; week++) expect([week, boughtIn(year, week).length > 0]).toEqual([week, true])
  })

  it("open something new in the sixth week, and sell for weeks what it opens", () => {
    expect(weekOf(year, 6).flatMap(({ opened }) => opened).length).toBeGreaterThan(0)
    const gaps = Array.from({ length: 52 }, (_, at) => boughtIn(year, at + 1).length > 0)
      .map((some) => (some ? "x" : " "))
      .join("")
      .trim()
      .split("x")
    expect(Math.max(...gaps.map(({ length }) => length))).toBeLessThanOrEqual(2)
  })

  it("are all paid after about a year", () => {
    const seasonless = lasting.filter(({ season }) => season === null)
    const has = (length: number) => {
      const names = new Set(seasonless.map(({ slug }) => slug))
      return liveYear(defaultCatalogue, weekdayWorker, "2026-01-05", length).holdings.purchases.filter(({ item }) =>
        names.has(item)
      ).length
    }
    expect(has(300)).toBeLessThan(levelsOf(seasonless))
    expect(has(400)).toBe(levelsOf(seasonless))
  })

  it("come to a farm where all of it has room and every kind of work is multiplied by the most that the rules allow", () => {
    const { holdings } = liveYear(defaultCatalogue, weekdayWorker, "2026-01-05", 400)
    expect(holdings.purchases).toHaveLength(levelsOf(lasting))
    for (const category of categories) {
      expect(upgradeOf(holdings, category, defaultRules, "2027-12-31T00:00:00Z")).toBe(1500)
    }
  })

  it("hold for another year of work as well", () => {
    const other = liveYear(defaultCatalogue, { ...weekdayWorker, seed: 2026 })
    expect(other.days[0]?.bought.length).toBeGreaterThan(0)
    for (let week = 1; week <= 12; week++) expect(boughtIn(other, week).length).toBeGreaterThan(0)
    expect(other.holdings.purchases.length).toBeGreaterThan(levelsOf(lasting) - 6)
  })
})

describe("the default prices, for somebody with three proofs on three days a week", () => {
  it("let something be bought in the first week and in most weeks of the first half year", () => {
    const year = liveYear(defaultCatalogue, { proofsADay: 3, weekdays: [1, 3, 5] })
    expect(boughtIn(year, 1).length).toBeGreaterThan(0)
    const weeks = Array.from({ length: 26 }, (_, at) => boughtIn(year, at + 1)).filter(({ length }) => length > 0)
    expect(weeks.length).toBeGreaterThanOrEqual(18)
  })
})

describe("the default catalogue", () => {
  it("has a building for each category, barns and land, ten animals and fifteen kinds of decor", () => {
    const count = (kind: string) => defaultCatalogue.items.filter((item) => item.kind === kind).length
    expect(["building", "barn", "land", "animal", "decor"].map(count)).toEqual([7, 1, 1, 10, 15])
    for (const category of categories) {
      const own = lasting.filter(({ levels }) =>
        levels.every(({ effects }) => effects.some((one) => one.kind === "multiply" && one.category === category))
      )
      expect(own.map(({ levels }) => levels.length)).toEqual([5])
    }
  })

  it("sells nothing in a season only that is more than looks", () => {
    for (const { kind, season } of lasting) if (season !== null) expect(kind).toBe("cosmetic")
  })
})
