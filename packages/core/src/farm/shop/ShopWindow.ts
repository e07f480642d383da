/** What the shop shows to people and programs: what is sold and why not, what is owned and what it does. */
import { ProofHash, ProofId, ProofTimestamp } from "@farmops/proof/FarmProof"
import { categories } from "@farmops/proof/vocabulary"
import { Schema } from "effect"
import { ItemDescription, ItemEffects, ItemName, Room, Slug, soldKinds } from "../economy/Item.ts"
import { Season } from "../economy/Season.ts"
import { shopRefusalCodes } from "./ShopAnswer.ts"

const Count = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }))

const balance = { current_coins: Count, debt: Count }

/** One item that is sold, or was. */
export const OfferedItem = Schema.Struct({
  item: Slug,
  kind: Schema.Literals(soldKinds),
  name: ItemName,
  description: ItemDescription,
  season: Schema.NullOr(Season),
  owned: Schema.Struct({ count: Count, level: Count }),
  /** What a purchase would bring; null when no more can be had. */
  next: Schema.NullOr(
    Schema.Struct({ level: Count, price: Count, level_required: Count, effects: ItemEffects, needs: Room })
  ),
  /** Why it cannot be bought now; null when it can. */
  refusal: Schema.NullOr(Schema.Struct({ code: Schema.Literals(shopRefusalCodes), detail: Schema.String }))
})

/** See the schema of the same name. */
export type OfferedItem = typeof OfferedItem.Type

/** Everything that is sold, in the catalogue's order. */
export const ShopWindow = Schema.Struct({
  catalogue_version: Count,
  catalogue_hash: ProofHash,
  level: Count,
  ...balance,
  items: Schema.Array(OfferedItem)
})

/** See the schema of the same name. */
export type ShopWindow = typeof ShopWindow.Type

/** One item that is owned, and each purchase of it. */
export const OwnedUpgrade = Schema.Struct({
  item: Slug,
  /** As the present catalogue has it; null where it sells no such thing any more. */
  name: Schema.NullOr(ItemName),
  kind: Schema.Literals(soldKinds),
  level: Count,
  count: Count,
  purchases: Schema.Array(
    Schema.Struct({
      purchase_id: ProofId,
      level: Count,
      price: Count,
      at: ProofTimestamp,
      /** Until then it can be given back; from then on it works. */
      settles_at: ProofTimestamp,
      settled: Schema.Boolean,
      effects: ItemEffects
    })
  )
})

/** What the farm has. */
export const FarmUpgrades = Schema.Struct({
  ...balance,
  spent: Count,
  upgrades: Schema.Array(OwnedUpgrade),
  /** What achievements brought. */
  trophies: Schema.Array(Schema.Struct({ item: Slug, name: ItemName, achievement: Slug, at: ProofTimestamp })),
  /** What work is multiplied by now, in thousandths. */
  multipliers: Schema.Array(Schema.Struct({ category: Schema.Literals(categories), thousandths: Count }))
})

/** See the schema of the same name. */
export type FarmUpgrades = typeof FarmUpgrades.Type
