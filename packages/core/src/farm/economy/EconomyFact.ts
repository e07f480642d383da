/**
 * What the ledger keeps of the shop. A purchase carries all that it gives, so a replay needs no catalogue: what was bought
 * keeps its effect and its price, whatever later catalogues say.
 */
import { ProofHash, ProofId } from "@farmops/proof/FarmProof"
import { Schema } from "effect"
import { ItemEffects, itemLevelsMax, priceMax, Room, Slug, soldKinds } from "./Item.ts"

/** One level of an item, or one more of it, was paid for. */
export const itemBought = {
  kind: Schema.Literal("item_bought"),
  purchase_id: ProofId,
  item: Slug,
  item_kind: Schema.Literals(soldKinds),
  level: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: itemLevelsMax })),
  price: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: priceMax })),
  /** What this level adds. */
  effects: ItemEffects,
  /** What it takes up. */
  needs: Room,
  /** The catalogue it was chosen from. */
  catalogue_hash: ProofHash
}

/** It was given back, for what was paid. */
export const itemRefunded = { kind: Schema.Literal("item_refunded"), purchase_id: ProofId }

/** A consumable was used up. */
export const itemUsed = { kind: Schema.Literal("item_used"), purchase_id: ProofId }

/** A purchase as a fact. */
export const ItemBought = Schema.Struct(itemBought)

/** See the schema of the same name. */
export type ItemBought = typeof ItemBought.Type

/** What happened in the shop, without its place in the ledger. */
export const EconomyFact = Schema.Union([ItemBought, Schema.Struct(itemRefunded), Schema.Struct(itemUsed)])

/** See the schema of the same name. */
export type EconomyFact = typeof EconomyFact.Type
