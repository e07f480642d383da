import { describe, expect, it } from "@effect/vitest"
import { drawFarmText } from "@farmops/core/farm/drawFarmText"
import { displayWidth } from "@farmops/core/farm/drawing/displayWidth"
import { FarmState } from "@farmops/core/farm/FarmState"
import { categories } from "@farmops/proof/vocabulary"
import { emptyFarm, largeFarm, mediumFarm, smallFarm } from "./farmStates.ts"

const escape = "\u001b"
const bare = (text: string): string => text.replaceAll(new RegExp(`${escape}\\[\\d+m`, "gu"), "")
const plain = (state: FarmState, width = 80): string => drawFarmText(state, { color: false, width })

describe("drawFarmText", () => {
  it("never writes a line wider than asked, from 40 columns on", () => {
    for (const state of [
      emptyFarm,
      smallFarm,
      mediumFarm,
      { ...largeFarm, name: "牧场 🐄 ".repeat(30), sample: true }
    ]) {
      for (let width = 40; width <= 100; width++) {
        expect(Math.max(...plain(state, width).split("\n").map(displayWidth))).toBeLessThanOrEqual(width)
      }
    }
  })

  it.prop("stays within its width whatever the numbers", { state: FarmState }, ({ state }) => {
    for (const width of [40, 80]) {
      expect(Math.max(...plain(state, width).split("\n").map(displayWidth))).toBeLessThanOrEqual(width)
    }
  })

  it("shows coins, level, streak and each category", () => {
    const text = plain(mediumFarm)
    for (const words of [
      "Level 7",
      "200 of 350 to level 8",
      "1,250 coins",
      "today 240 of 600",
      "streak 8 days",
      "1 freeze kept",
      "bots 84 coins",
      "hen, bees"
    ]) {
      expect(text).toContain(words)
    }
    for (const category of categories) expect(text).toMatch(new RegExp(`^${category} .*\\d$`, "mu"))
    expect(plain(emptyFarm)).toContain("staked out")
  })

  it("says when the barn is full, and names no ceiling where there is none", () => {
    expect(plain(largeFarm)).toContain("today 600 of 600, the barn is full")
    expect(plain({ ...largeFarm, ceiling: 0 })).toMatch(/today 600( ·|$)/mu)
  })

  it("labels a sample farm", () => {
    expect(plain(mediumFarm)).not.toContain("sample")
    expect(plain({ ...mediumFarm, sample: true }).split("\n")[0]).toBe("Willow Farm  sample farm")
  })

  it.prop(
    "adds colours without changing a character, and writes none when asked for none",
    { state: FarmState },
    ({ state }) => {
      const colored = drawFarmText(state, { color: true, width: 72 })
      expect(bare(colored)).toBe(plain(state, 72))
      expect(plain(state, 72)).not.toContain(escape)
    }
  )

  it("lets no name command the terminal", () => {
    const text = plain({ ...mediumFarm, name: `${escape}[2J${escape}]0;owned\u0007\u009b31m\r\nFarm` })
    expect(text.split("\n")[0]).toBe("[2J ]0;owned 31m Farm")
  })

  it("keeps the house however narrow the terminal is", () => {
    expect(plain(largeFarm, 40)).toContain("| ▪ ∏ ▪ |")
    expect(plain(largeFarm, 5)).toBe(plain(largeFarm, 40))
  })
})
