/**
 * What a farm can have besides coins, as data. What an item does is a closed union of effects: a catalogue can raise numbers
 * that the farm knows, and nothing else.
 */
import { categories } from "@farmops/proof/vocabulary"
import { Schema } from "effect"
import { Season } from "./Season.ts"

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

const line = (max: number) =>
  Schema.String.check(Schema.isMaxLength(max), Schema.isPattern(/^[^\s\p{C}]([^\p{C}\n]*[^\s\p{C}])?$/u))

/** An item's or achievement's name for ever: what is bought under it stays owned under it. */
export const Slug = Schema.String.check(Schema.isMaxLength(40), Schema.isPattern(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/))

/** What a person reads: one printable line. */
export const ItemName = line(60)

/** One sentence, one line. */
export const ItemDescription = line(160)

/** Kinds of items that coins buy. */
export const soldKinds = ["building", "barn", "land", "animal", "decor", "consumable", "cosmetic"] as const

/** One of {@link soldKinds}. */
export type SoldKind = (typeof soldKinds)[number]

/**
 * `multiply` adds thousandths to what paid work of a category, or of all, is multiplied by. `plots` and `stalls` are room
 * for other items. `freezes` go to the streak when the item is used.
 */
export const ItemEffect = Schema.Union([
  Schema.Struct({
    kind: Schema.Literal("multiply"),
    category: Schema.Literals([...categories, "all"]),
    thousandths: between(1, 9000)
  }),
  Schema.Struct({ kind: Schema.Literal("plots"), count: between(1, 1000) }),
  Schema.Struct({ kind: Schema.Literal("stalls"), count: between(1, 1000) }),
  Schema.Struct({ kind: Schema.Literal("freezes"), count: between(1, 100) })
])

/** See the schema of the same name. */
export type ItemEffect = typeof ItemEffect.Type

/** Effects of one level. There are four kinds and seven things to multiply, so more would only repeat. */
export const ItemEffects = Schema.Array(ItemEffect).check(Schema.isMaxLength(8))

/** Plots for what stands on the land, stalls for animals. */
export const Room = Schema.Struct({ plots: between(0, 1000), stalls: between(0, 1000) })

/** See the schema of the same name. */
export type Room = typeof Room.Type

/** The most that one level may cost: more than ten years of full days under the default rules would not pay it. */
export const priceMax = 1_000_000

/** Levels that one item may have. */
export const itemLevelsMax = 20

/** What one level of an item costs and what it adds to the levels below it. */
export const ItemLevel = Schema.Struct({
  /** At least one coin, so that what was earned bounds how much can be owned. */
  price: between(1, priceMax),
  /** The farm's level from which on it is sold. */
  level_required: between(1, 1000),
  effects: ItemEffects
})

/** See the schema of the same name. */
export type ItemLevel = typeof ItemLevel.Type

/** An item that coins buy: either one of it in several levels, or up to `stock` of it in one. */
export const SoldItem = Schema.Struct({
  slug: Slug,
  kind: Schema.Literals(soldKinds),
  name: ItemName,
  description: ItemDescription,
  levels: Schema.Array(ItemLevel).check(Schema.isMinLength(1), Schema.isMaxLength(itemLevelsMax)),
  /** How many of it may be owned at once. */
  stock: between(1, 100),
  /** When it is sold; null always. What was bought stays when the season ends. */
  season: Schema.NullOr(Season),
  /** What each of it takes up; further levels take no more. */
  needs: Room
})

/** See the schema of the same name. */
export type SoldItem = typeof SoldItem.Type

/** An item that no coins buy: it stands on the farm once its achievement is earned. */
export const Trophy = Schema.Struct({
  slug: Slug,
  kind: Schema.Literal("trophy"),
  name: ItemName,
  description: ItemDescription,
  achievement: Slug
})

/** See the schema of the same name. */
export type Trophy = typeof Trophy.Type

/** Anything in a catalogue. */
export const Item = Schema.Union([SoldItem, Trophy])

/** See the schema of the same name. */
export type Item = typeof Item.Type
