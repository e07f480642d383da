import { describe, expect, it } from "@effect/vitest"
import { canonicalJson } from "@farmops/proof/canonicalJson"
import { Schema } from "effect"
import type { Achievement, Condition } from "../../src/farm/economy/Achievement.ts"
import { achievementsHash } from "../../src/farm/economy/Achievement.ts"
import { Catalogue, catalogueHash } from "../../src/farm/economy/Catalogue.ts"
import type { CatalogueFault } from "../../src/farm/economy/checkCatalogue.ts"
import { defaultAchievements } from "../../src/farm/economy/defaultAchievements.ts"
import { defaultCatalogue } from "../../src/farm/economy/defaultCatalogue.ts"
import type { Item, ItemEffect, SoldItem } from "../../src/farm/economy/Item.ts"
import { readShop } from "../../src/farm/economy/readShop.ts"
import { defaultRules } from "../../src/scoring/Rules.ts"
import { catalogue, items, sold } from "./purchases.ts"

const achievement = (slug: string, condition: Condition): Achievement => ({
  slug,
  name: slug,
  description: "For a test.",
  condition
})

const first = achievement("first-proof", {
  kind: "proofs",
  count: 1,
  plugins: null,
  category: null,
  action_type: null
})

const setOf = (...achievements: ReadonlyArray<Achievement>) => ({
  format: "farmops/achievements/1",
  version: 1,
  achievements
})

const faultsOf = (sold: unknown, earned: unknown = setOf(first), rules = defaultRules) => {
  const reading = readShop(sold, earned, rules)
  return reading.ok ? [] : reading.faults
}

/** Where and why a catalogue is refused that has these items besides the tests' own. */
const faultsWith = (...more: ReadonlyArray<Item>) =>
  faultsOf({ ...catalogue, items: [...items, ...more] }).map(({ code, path }) => [code, path.join(".")])

const costing = (price: number, level_required = 1, ...effects: ReadonlyArray<ItemEffect>) => ({
  price,
  level_required,
  effects
})

const odd = (kind: SoldItem["kind"], levels: SoldItem["levels"], more: Parameters<typeof sold>[3] = {}) =>
  sold("odd", kind, levels, more)

const winter = { from: "12-01", until: "01-15" }

describe("a catalogue", () => {
  it("has one hash whatever the order of its keys, and another when anything in it is another", () => {
    const { items: list, ...rest } = defaultCatalogue
    expect(catalogueHash({ items: [...list], ...rest })).toBe(catalogueHash(defaultCatalogue))
    expect(catalogueHash(defaultCatalogue)).toMatch(/^[0-9a-f]{64}$/)
    expect(catalogueHash({ ...defaultCatalogue, version: 2 })).not.toBe(catalogueHash(defaultCatalogue))
    expect(catalogueHash({ ...defaultCatalogue, items: list.slice(1) })).not.toBe(catalogueHash(defaultCatalogue))
    expect(achievementsHash(defaultAchievements)).toMatch(/^[0-9a-f]{64}$/)
  })

  it("survives its way through JSON", () => {
    const text = canonicalJson(defaultCatalogue)
    expect(Schema.decodeUnknownSync(Catalogue)(JSON.parse(text))).toEqual(defaultCatalogue)
  })

  it("without a fault can be sold from", () => {
    expect(faultsOf(catalogue)).toEqual([])
    expect(faultsOf(defaultCatalogue, defaultAchievements)).toEqual([])
  })

  it.for<[string, ReadonlyArray<unknown>, CatalogueFault["code"], string]>([
    ["has two items of one slug", faultsWith(sold("hen", "decor", [costing(1)])), "duplicate_slug", "items.8.slug"],
    [
      "asks less for a higher level",
      faultsWith(odd("building", [costing(9), costing(8)])),
      "price_falls",
      "items.8.levels.1.price"
    ],
    [
      "opens a higher level earlier",
      faultsWith(odd("building", [costing(9, 5), costing(9, 4)])),
      "level_falls",
      "items.8.levels.1.level_required"
    ],
    [
      "has several of an item with levels",
      faultsWith(odd("building", [costing(9), costing(9)], { stock: 2 })),
      "stock_of_levels",
      "items.8.stock"
    ],
    [
      "lets a consumable multiply",
      faultsWith(odd("consumable", [costing(9, 1, { kind: "multiply", category: "upgrade", thousandths: 1 })])),
      "effect_misplaced",
      "items.8.levels.0.effects.0"
    ],
    [
      "has a consumable that does nothing",
      faultsWith(odd("consumable", [costing(9)])),
      "effect_misplaced",
      "items.8.levels.0.effects"
    ],
    [
      "has a building that freezes",
      faultsWith(odd("building", [costing(9, 1, { kind: "freezes", count: 1 })])),
      "effect_misplaced",
      "items.8.levels.0.effects.0"
    ],
    [
      "has a cosmetic that is more than looks",
      faultsWith(odd("cosmetic", [costing(9, 1, { kind: "plots", count: 1 })])),
      "effect_misplaced",
      "items.8.levels.0.effects.0"
    ],
    [
      "sells power in one season only",
      faultsWith(
        odd("decor", [costing(9, 1, { kind: "multiply", category: "upgrade", thousandths: 1 })], { season: winter })
      ),
      "effect_misplaced",
      "items.8.levels.0.effects.0"
    ],
    [
      "multiplies by more than the rules allow",
      // Toil stands at 1500 with the tests' own shed and manor.
      faultsWith(odd("decor", [costing(9, 1, { kind: "multiply", category: "toil", thousandths: 1 })])),
      "beyond_cap",
      "items.8.levels.0.effects.0.thousandths"
    ],
    [
      "multiplies by more when the whole stock is owned",
      faultsWith(
        odd("decor", [costing(9, 1, { kind: "multiply", category: "security", thousandths: 101 })], { stock: 3 })
      ),
      "beyond_cap",
      "items.8.levels.0.effects.0.thousandths"
    ],
    [
      "has a season on a day that never comes",
      faultsWith(odd("cosmetic", [costing(9)], { season: { from: "02-30", until: "03-01" } })),
      "season_impossible",
      "items.8.season"
    ],
    [
      "has a season that ends before it begins",
      faultsWith(odd("cosmetic", [costing(9)], { season: { from: "2026-12-01", until: "2026-11-30" } })),
      "season_impossible",
      "items.8.season"
    ],
    [
      "has a season with a year at one end",
      faultsWith(odd("cosmetic", [costing(9)], { season: { from: "2026-12-01", until: "12-24" } })),
      "season_impossible",
      "items.8.season"
    ],
    [
      "asks for a level that takes more than ten years",
      faultsWith(odd("decor", [costing(9, 400)])),
      "unreachable",
      "items.8.levels.0.level_required"
    ],
    [
      "needs more stalls than there can be",
      faultsWith(odd("animal", [costing(9)], { needs: { plots: 0, stalls: 3 } })),
      "unreachable",
      "items.8.needs.stalls"
    ],
    [
      "needs the plots that only it would give",
      faultsWith(odd("land", [costing(9, 1, { kind: "plots", count: 9 })], { needs: { plots: 4, stalls: 0 } })),
      "unreachable",
      "items.8.needs.plots"
    ],
    [
      "has a trophy for no achievement",
      faultsWith({ slug: "odd", kind: "trophy", name: "Odd", description: "For a test.", achievement: "none" }),
      "achievement_unknown",
      "items.8.achievement"
    ]
  ])("is refused when it %s", ([, faults, code, path]) => {
    expect(faults).toEqual([[code, path]])
  })

  it("may ask a price only that somebody can ever pay", () => {
    const rules = { ...defaultRules, daily_ceiling: 100 }
    const dear = { ...catalogue, items: [...items, odd("decor", [costing(365_301)])] }
    expect(faultsOf(dear, setOf(first), rules)).toMatchObject([
      { code: "unreachable", path: ["items", 8, "levels", 0, "price"] }
    ])
    expect(faultsOf(dear, setOf(first), { ...rules, daily_ceiling: null })).toEqual([])
  })

  it.for<[string, unknown, string]>([
    ["an unknown category", { kind: "multiply", category: "gossip", thousandths: 1 }, "effects.0"],
    ["an effect that is code", { kind: "run", script: "rm" }, "effects.0"],
    ["half a thousandth", { kind: "multiply", category: "toil", thousandths: 0.5 }, "effects.0"]
  ])("is refused with the path to %s", ([, effect, where]) => {
    const faults = faultsOf({
      ...catalogue,
      items: [{ ...odd("decor", []), levels: [{ price: 1, level_required: 1, effects: [effect] }] }]
    })
    expect(faults.length).toBeGreaterThan(0)
    for (const { code, path } of faults) {
      expect(code).toBe("form")
      expect(path.join(".")).toContain(`items.0.levels.0.${where}`)
    }
  })

  it.for<[string, unknown]>([
    ["null", null],
    ["another format", { ...catalogue, format: "farmops/catalogue/2" }],
    ["an unknown key", { ...catalogue, discount: true }],
    ["a free item", { ...catalogue, items: [odd("decor", [costing(0)])] }],
    ["a price in fractions", { ...catalogue, items: [odd("decor", [costing(1.5)])] }],
    ["a trophy with a price", { ...catalogue, items: [{ ...items[7], levels: [costing(1)] }] }],
    ["a name of two lines", { ...catalogue, items: [{ ...odd("decor", [costing(1)]), name: "a\nb" }] }],
    ["a slug with a slash", { ...catalogue, items: [{ ...odd("decor", [costing(1)]), slug: "../x" }] }],
    ["no level", { ...catalogue, items: [odd("decor", [])] }]
  ])("is refused as malformed with %s", ([, value]) => {
    const faults = faultsOf(value)
    expect(faults.length).toBeGreaterThan(0)
    expect(faults.every(({ code }) => code === "form")).toBe(true)
  })
})

describe("a set of achievements", () => {
  const owns = (item: string, level = 1): Condition => ({ kind: "owns", items: [{ item, level }] })

  it.for<[string, ReadonlyArray<Achievement>, CatalogueFault["code"], string]>([
    ["two of one slug", [first, first], "duplicate_slug", "achievements.1.slug"],
    ["an item that is not sold", [first, achievement("a", owns("castle"))], "item_unknown", "condition.items.0.item"],
    ["a trophy to own", [first, achievement("a", owns("cup"))], "item_unknown", "condition.items.0.item"],
    ["a consumable to own", [first, achievement("a", owns("barrel"))], "item_unknown", "condition.items.0.item"],
    ["a level above the item's", [first, achievement("a", owns("shed", 3))], "item_unknown", "condition.items.0.level"],
    [
      "more animals than are sold",
      [first, achievement("a", { kind: "owns_kind", item_kind: "animal", count: 2 })],
      "item_unknown",
      "condition.count"
    ]
  ])("is refused with %s", ([, achievements, code, path]) => {
    const faults = faultsOf(catalogue, setOf(...achievements))
    expect(faults.map((one) => one.code)).toEqual([code])
    expect(faults[0]?.path.join(".")).toContain(path)
  })

  it("is refused with more composites than are remembered", () => {
    const step = { plugins: null, category: null, action_type: null, by: "anyone" } as const
    const many = Array.from({ length: 17 }, (_, at) =>
      achievement(`c${at}`, { kind: "composite", steps: [step, step], window_minutes: 60 })
    )
    expect(faultsOf(catalogue, setOf(first, ...many.slice(1)))).toEqual([])
    expect(faultsOf(catalogue, setOf(first, ...many))).toMatchObject([{ code: "form", path: ["achievements"] }])
  })
})
