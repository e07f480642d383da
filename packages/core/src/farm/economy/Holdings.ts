/**
 * What a farm owns and what was paid for it: the facts of the shop, summed up as plain JSON. Every purchase cost at least one
 * coin, so what was earned bounds it. Nothing but a refund or its use ever takes a thing away.
 */
import { ProofId, ProofTimestamp } from "@farmops/proof/FarmProof"
import { Schema } from "effect"
import { ItemBought } from "./EconomyFact.ts"
import type { ItemEffect, Room } from "./Item.ts"

/** How long after its purchase a thing can be given back. */
export const refundSeconds = 600

/** Purchases that are remembered after they were given back or used up; it only makes refusals clearer. */
export const closedMax = 64

const { kind: _, ...bought } = ItemBought.fields

/** Something owned, as it was when it was bought. */
export const Purchase = Schema.Struct({ ...bought, at: ProofTimestamp })

/** See the schema of the same name. */
export type Purchase = typeof Purchase.Type

/** What the facts of the shop come to. */
export const Holdings = Schema.Struct({
  format: Schema.Literal("farmops/holdings/1"),
  /** In the order of the ledger. */
  purchases: Schema.Array(Purchase),
  /** The newest {@link closedMax} that are owned no more. */
  closed: Schema.Array(Schema.Struct({ purchase_id: ProofId, how: Schema.Literals(["refunded", "used"]) })),
  /** Coins that were paid and not given back. */
  spent: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }))
})

/** See the schema of the same name. */
export type Holdings = typeof Holdings.Type

/** Before the first purchase. */
export const emptyHoldings: Holdings = { format: "farmops/holdings/1", purchases: [], closed: [], spent: 0 }

/** A ledger's time as whole seconds since 1970. */
export const secondsOf = (at: string): number => Math.floor(Date.parse(at) / 1000)

const lastTime = "9999-12-31T23:59:59Z"

/**
 * From when on something bought at `at` can be given back no more: it works, and is owned for good. Times of the ledger have
 * one spelling, so they are compared as text.
 */
export const settlesAt = (at: string): string => {
  const time = new Date((secondsOf(at) + refundSeconds) * 1000).toISOString().replace(".000Z", "Z")
  return time.length > lastTime.length ? lastTime : time
}

/** How a purchase id is known; null when it is not, or was forgotten. */
export const statusOf = (holdings: Holdings, purchaseId: string): "owned" | "refunded" | "used" | null => {
  if (holdings.purchases.some((one) => one.purchase_id === purchaseId)) return "owned"
  return holdings.closed.find((one) => one.purchase_id === purchaseId)?.how ?? null
}

/** How many of an item are owned, and its highest level; 0 and 0 where there is none. */
export const ownedOf = (holdings: Holdings, item: string): { readonly count: number; readonly level: number } => {
  const levels = holdings.purchases.filter((one) => one.item === item).map((one) => one.level)
  return { count: levels.length, level: Math.max(0, ...levels) }
}

/** What is left of the coins that a farm earned. Only a revocation brings debt, and it takes nothing that is owned. */
export const balanceOf = (
  totalCoins: number,
  { spent }: Holdings
): { readonly current_coins: number; readonly debt: number } => ({
  current_coins: Math.max(0, totalCoins - spent),
  debt: Math.max(0, spent - totalCoins)
})

const giving = (effects: ReadonlyArray<ItemEffect>, what: keyof Room): number =>
  effects.reduce((sum, effect) => (effect.kind === what ? sum + effect.count : sum), 0)

/** How much room there is and how much of it is taken, beginning with what the catalogue starts a farm with. */
export const roomOf = (
  { purchases }: Pick<Holdings, "purchases">,
  start: Room,
  what: keyof Room
): { readonly given: number; readonly used: number } => ({
  given: purchases.reduce((sum, { effects }) => sum + giving(effects, what), start[what]),
  used: purchases.reduce((sum, { needs }) => sum + needs[what], 0)
})

/** Whether a purchase is room for others. */
export const givesRoom = ({ effects }: Purchase, what: keyof Room): boolean => giving(effects, what) > 0
