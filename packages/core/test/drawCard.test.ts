import { describe, expect, it } from "@effect/vitest"
import { badgeOf } from "../src/api/badgeHandlers.ts"
import { cardSize, cardThemes, drawCard } from "../src/farm/drawCard.ts"
import { FarmState } from "../src/farm/FarmState.ts"
import { emptyFarm, largeFarm } from "./farmStates.ts"
import { readXml } from "./wellFormedXml.ts"

/** What shields.io takes at its endpoint, as its documentation describes schema version 1: nothing else may be there. */
const shieldsFields: Readonly<Record<string, (value: unknown) => boolean>> = {
  schemaVersion: (value) => value === 1,
  label: (value) => typeof value === "string",
  message: (value) => typeof value === "string" && value !== "",
  color: (value) => typeof value === "string" && value !== "",
  labelColor: (value) => typeof value === "string",
  isError: (value) => typeof value === "boolean",
  namedLogo: (value) => typeof value === "string",
  logoSvg: (value) => typeof value === "string",
  logoColor: (value) => typeof value === "string",
  logoSize: (value) => typeof value === "string",
  style: (value) => typeof value === "string",
  cacheSeconds: (value) => Number.isInteger(value) && Number(value) >= 300
}

describe("drawCard", () => {
  it.prop(
    "is a well-formed picture for any farm, that loads nothing and runs nothing",
    { state: FarmState },
    ({ state }) => {
      for (const theme of cardThemes) {
        const card = drawCard(state, theme)
        const [root, ...inner] = readXml(card)
        expect(root?.attributes).toMatchObject({ viewBox: `0 0 ${cardSize.width} ${cardSize.height}`, role: "img" })
        expect(inner.map(({ name }) => name)).not.toContain("script")
        for (const { attributes } of inner) {
          for (const [key, value] of Object.entries(attributes)) {
            expect(key).not.toMatch(/^on|href/u)
            expect(value).not.toMatch(/\/\/|url\(|NaN|undefined/u)
          }
        }
      }
    }
  )

  it("says name, level, coins and streak in words too, and what belongs to nobody", () => {
    const text = (name: string) =>
      readXml(drawCard({ ...largeFarm, name: "<Ann & Bo>" }, "auto")).find((one) => one.name === name)?.text
    expect(text("title")).toBe("<Ann & Bo>")
    expect(text("desc")).toContain(`Level ${largeFarm.level}, `)
    expect(drawCard({ ...emptyFarm, sample: true }, "light")).toContain("A sample farm. ")
  })

  it("follows the reader's scheme, or is what it was asked to be", () => {
    expect(drawCard(emptyFarm, "auto")).toContain("prefers-color-scheme:dark")
    expect(drawCard(emptyFarm, "dark")).not.toContain("prefers-color-scheme")
    expect(drawCard(emptyFarm, "dark")).not.toBe(drawCard(emptyFarm, "light"))
  })

  it("shows nothing that the public profile does not show", () => {
    const { level, name, sample, streak_days, total_coins } = largeFarm
    expect(drawCard(largeFarm, "auto")).toBe(drawCard({ level, name, sample, streak_days, total_coins }, "auto"))
  })
})

describe("badgeOf", () => {
  it.prop("is what shields.io takes, for any farm", { state: FarmState }, ({ state }) => {
    for (const metric of ["coins", "level", "streak"] as const) {
      for (const [name, value] of Object.entries(badgeOf(state, metric))) {
        expect(shieldsFields[name]?.(value), name).toBe(true)
      }
    }
  })

  it("groups thousands, counts days, and is grey where there is nothing yet", () => {
    expect(badgeOf({ ...largeFarm, total_coins: 12_345 }, "coins").message).toBe("12,345")
    expect(badgeOf({ ...largeFarm, streak_days: 1 }, "streak").message).toBe("1 day")
    expect(badgeOf({ ...emptyFarm, streak_days: 0 }, "streak")).toMatchObject({ message: "0 days", color: "lightgrey" })
  })
})
