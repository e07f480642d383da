import { describe, expect, it } from "@effect/vitest"
import { drawFarm, farmPictureSize } from "@farmops/core/farm/drawFarm"
import { animalDays, houseNames, planFarm, plantsMax } from "@farmops/core/farm/drawing/planFarm"
import { FarmState } from "@farmops/core/farm/FarmState"
import { categories } from "@farmops/proof/vocabulary"
import { coinsIn, emptyFarm, largeFarm, mediumFarm, smallFarm } from "./farmStates.ts"
import { readXml, type XmlElement } from "./wellFormedXml.ts"

const parts = (state: FarmState): ReadonlyMap<string, number> =>
  new Map(
    readXml(drawFarm(state)).flatMap(({ attributes }) =>
      attributes["data-part"] === undefined ? [] : [[attributes["data-part"], Number(attributes["data-tier"] ?? 0)]]
    )
  )

const plants = (state: FarmState): number => readXml(drawFarm(state)).filter(({ name }) => name === "use").length

const textOf = (elements: ReadonlyArray<XmlElement>, name: string): string =>
  elements.find((element) => element.name === name)?.text ?? ""

/** Everything on the farm that must never shrink while the farm's numbers grow. */
const sizes = (state: FarmState): ReadonlyArray<number> => {
  const plan = planFarm(state)
  return [
    plan.house,
    plan.plants,
    plan.animals.length,
    plan.hens,
    plan.sky,
    plan.barrels,
    plan.trees,
    plan.robots,
    plan.barnFill,
    ...categories.map((category) => plan.buildings[category].tier)
  ]
}

const ages = [emptyFarm, smallFarm, mediumFarm, largeFarm]

describe("drawFarm", () => {
  it.prop("is a well-formed picture for any state and any name", { state: FarmState }, ({ state }) => {
    const [root] = readXml(drawFarm(state))
    expect(root?.attributes).toMatchObject({
      role: "img",
      viewBox: `0 0 ${farmPictureSize.width} ${farmPictureSize.height}`
    })
  })

  it.prop(
    "holds no script, no handler, no number that is not one, and nothing from elsewhere",
    { state: FarmState },
    ({ state }) => {
      const elements = readXml(drawFarm(state))
      const forbidden = elements.filter(
        ({ attributes, name }) =>
          ["script", "foreignObject", "image", "a", "iframe"].includes(name) ||
          Object.entries(attributes).some(
            ([key, value]) =>
              /^on/u.test(key) ||
              (key !== "xmlns" && /\/\/|NaN|Infinity|undefined/u.test(value)) ||
              (key === "href" && !value.startsWith("#fo-")) ||
              (key === "id" && !value.startsWith("fo-"))
          )
      )
      expect(forbidden).toEqual([])
    }
  )

  it("refers only to what it defines, and defines nothing twice", () => {
    for (const state of ages) {
      const svg = drawFarm(state)
      const ids = readXml(svg).flatMap(({ attributes }) => (attributes.id === undefined ? [] : [attributes.id]))
      expect(new Set(ids).size).toBe(ids.length)
      for (const [, id] of svg.matchAll(/(?:url\(|href=")#([\w-]+)/gu)) expect(ids).toContain(id)
    }
  })

  it("gives the same bytes for the same state, and another picture for another name", () => {
    expect(drawFarm(structuredClone(mediumFarm))).toBe(drawFarm(mediumFarm))
    expect(drawFarm({ ...mediumFarm, name: "Brook Farm" })).not.toBe(drawFarm(mediumFarm).replaceAll("Willow", "Brook"))
  })

  it("shows markup in a name as text", () => {
    const name = `<script>"Tom's" & co`
    const elements = readXml(drawFarm({ ...smallFarm, name }))
    expect(elements.map((element) => element.name)).not.toContain("script")
    expect(elements.filter((element) => element.name === "text").map(({ text }) => text)).toContain(name)
  })

  it("replaces characters that XML forbids or that turn the text around", () => {
    const title = textOf(readXml(drawFarm({ ...smallFarm, name: "a\u0000b\u202ec\ud800" })), "title")
    expect(title).toContain("a b c\ufffd")
  })

  it("says in words what it shows", () => {
    const elements = readXml(drawFarm(largeFarm))
    expect(elements[0]?.attributes["aria-labelledby"]).toBe("fo-title fo-desc")
    expect(textOf(elements, "title")).toBe("Willow Farm: level 30, 22,500 coins")
    const words = textOf(elements, "desc")
    for (const word of [
      "manor",
      "windmill",
      "fire tower",
      "64 days",
      "horse",
      "2 rain barrels",
      "barn is full",
      "2,300 coins"
    ]) {
      expect(words).toContain(word)
    }
  })

  it("stakes out the lots of an empty farm, and digs one field", () => {
    const there = parts(emptyFarm)
    for (const lot of ["silo", "windmill", "stone wall", "scarecrow", "fire tower", "greenhouse"])
      expect(there.get(lot)).toBe(0)
    for (const later of ["barn", "hen", "rain barrels", "robot shed", "sample ribbon"])
      expect(there.has(later)).toBe(false)
    expect(there.get("house")).toBe(0)
    expect(plants(emptyFarm)).toBe(0)
  })

  it("grows each building with the coins of its own category only", () => {
    for (const category of categories) {
      const before = planFarm(mediumFarm).buildings
      const coins = Object.fromEntries(mediumFarm.categories.map((row) => [row.category, row.total_coins]))
      const after = planFarm({ ...mediumFarm, categories: coinsIn({ ...coins, [category]: 50_000 }) }).buildings
      for (const other of categories) {
        expect(after[other].tier).toBe(other === category ? 5 : before[other].tier)
      }
    }
  })

  it.prop(
    "never shrinks in anything when its numbers grow",
    { state: FarmState, more: FarmState },
    ({ more, state }) => {
      const grown: FarmState = {
        ...state,
        level: Math.max(state.level, more.level),
        proofs: Math.max(state.proofs, more.proofs),
        streak_days: Math.max(state.streak_days, more.streak_days),
        freezes: Math.max(state.freezes, more.freezes),
        today_coins: Math.max(state.today_coins, more.today_coins),
        bot_coins: Math.max(state.bot_coins, more.bot_coins),
        categories: categories.map((category) => ({
          category,
          total_proofs: 0,
          total_coins: Math.max(
            ...[...state.categories, ...more.categories]
              .filter((row) => row.category === category)
              .map((row) => row.total_coins),
            0
          ),
          last_proof_at: null
        }))
      }
      const before = sizes({
        ...state,
        categories: state.categories.filter(
          (row, i, all) => all.findIndex((other) => other.category === row.category) === i
        )
      })
      for (const [i, size] of sizes(grown).entries()) expect(size).toBeGreaterThanOrEqual(before[i] ?? 0)
    }
  )

  it("plants one plant a proof at first, then ever slower, until the fields are full", () => {
    expect([0, 1, 5, 25].map((proofs) => plants({ ...emptyFarm, proofs }))).toEqual([0, 1, 5, 25])
    expect(plants({ ...emptyFarm, proofs: 26 })).toBe(25)
    expect(plants({ ...emptyFarm, proofs: 100 })).toBe(50)
    expect(plants({ ...emptyFarm, proofs: 1_000_000 })).toBe(plantsMax)
    expect(planFarm({ ...emptyFarm, proofs: 1_000_000 }).plants).toBe(plantsMax)
  })

  it("builds another house at levels 1, 2, 4, 8, 15 and 25", () => {
    const houses = [1, 2, 3, 4, 7, 8, 14, 15, 24, 25, 90].map((level) => planFarm({ ...emptyFarm, level }).house)
    expect(houses).toEqual([0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5])
    expect(new Set(houses).size).toBe(houseNames.length)
  })

  it("brings each animal on its day of the streak", () => {
    for (const [animal, day] of Object.entries(animalDays)) {
      expect(parts({ ...emptyFarm, streak_days: day - 1 }).has(animal)).toBe(false)
      expect(parts({ ...emptyFarm, streak_days: day }).has(animal)).toBe(true)
    }
  })

  it("puts one rain barrel for each freeze by the house", () => {
    expect(parts({ ...emptyFarm, freezes: 2 }).get("rain barrels")).toBe(2)
  })

  it("hoists the flag when the barn is full, and never where there is no ceiling", () => {
    expect(parts({ ...mediumFarm, today_coins: 599 }).has("barn full flag")).toBe(false)
    expect(parts({ ...mediumFarm, today_coins: 600 }).has("barn full flag")).toBe(true)
    expect(parts({ ...mediumFarm, ceiling: 0, today_coins: 600 }).has("barn full flag")).toBe(false)
  })

  it("gives bots a shed with their own coins", () => {
    expect(parts({ ...mediumFarm, bot_coins: 0 }).has("robot shed")).toBe(false)
    expect(drawFarm({ ...mediumFarm, bot_coins: 1234 })).toContain("bots · 1,234 coins")
  })

  it("crosses a sample farm with a ribbon", () => {
    expect(parts(mediumFarm).has("sample ribbon")).toBe(false)
    const svg = drawFarm({ ...mediumFarm, sample: true })
    expect(parts({ ...mediumFarm, sample: true }).has("sample ribbon")).toBe(true)
    expect(svg).toContain("SAMPLE FARM")
    expect(textOf(readXml(svg), "desc")).toMatch(/^This is a sample farm\./u)
  })
})
