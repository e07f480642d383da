/** Shorthands for the default catalogue: what most items of a kind have in common. */
import type { Category } from "@farmops/proof/vocabulary"
import type { ItemEffect, SoldItem } from "../Item.ts"
import type { Season } from "../Season.ts"

/** What one level of an item costs, from which farm level on, and what it adds. */
export interface LevelPrice {
  readonly price: number
  readonly from: number
  readonly effects?: ReadonlyArray<ItemEffect>
}

/** What a person reads of an item. */
export interface Label {
  readonly slug: string
  readonly name: string
  readonly description: string
}

const one = (
  label: Label,
  kind: SoldItem["kind"],
  levels: ReadonlyArray<LevelPrice>,
  more: Partial<Pick<SoldItem, "stock" | "season" | "needs">> = {}
): SoldItem => ({
  ...label,
  kind,
  levels: levels.map(({ effects = [], from, price }) => ({ price, level_required: from, effects })),
  stock: 1,
  season: null,
  needs: { plots: 0, stalls: 0 },
  ...more
})

/** Raises what a category, or all work, is multiplied by. */
export const multiply = (category: Category | "all", thousandths: number): ItemEffect => ({
  kind: "multiply",
  category,
  thousandths
})

/** Something on one plot that is built up level by level. */
export const building = (label: Label, levels: ReadonlyArray<LevelPrice>): SoldItem =>
  one(label, "building", levels, { needs: { plots: 1, stalls: 0 } })

/** Room and upgrades that stand on no plot. */
export const levelled = (label: Label, kind: "barn" | "land", levels: ReadonlyArray<LevelPrice>): SoldItem =>
  one(label, kind, levels)

/** An animal, which takes up stalls. */
export const animal = (label: Label, price: number, from: number, stalls: number, stock = 1): SoldItem =>
  one(label, "animal", [{ price, from }], { stock, needs: { plots: 0, stalls } })

/** Something to look at, which takes up plots. */
export const decor = (label: Label, price: number, from: number, plots: number, stock = 1): SoldItem =>
  one(label, "decor", [{ price, from }], { stock, needs: { plots, stalls: 0 } })

/** Looks that take no room, always or in a season. */
export const cosmetic = (label: Label, price: number, from: number, season: Season | null = null): SoldItem =>
  one(label, "cosmetic", [{ price, from }], { season })

/** Something that is used up; `stock` of it may be held. */
export const consumable = (
  label: Label,
  price: number,
  from: number,
  stock: number,
  effects: ReadonlyArray<ItemEffect>
): SoldItem => one(label, "consumable", [{ price, from, effects }], { stock })
