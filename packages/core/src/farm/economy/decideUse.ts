/** Whether a consumable may be used now, and what its use brings. Pure. */
import type { Rules } from "../../scoring/Rules.ts"
import type { EconomyFact } from "./EconomyFact.ts"
import { type Holdings, statusOf } from "./Holdings.ts"
import type { ItemEffect } from "./Item.ts"

/** Why nothing was used. `no_effect`: it would be wasted, because the streak holds all the freezes that the rules allow. */
export type UseRefusal = {
  readonly code: "purchase_unknown" | "already_refunded" | "already_used" | "not_usable" | "no_effect"
}

/** The fact to put into the ledger, or why not. */
export type UseDecision =
  | { readonly ok: true; readonly fact: Extract<EconomyFact, { readonly kind: "item_used" }> }
  | { readonly ok: false; readonly refusal: UseRefusal }

/** What a use depends on. */
export interface UseRequest {
  readonly holdings: Holdings
  readonly purchaseId: string
  /** Freezes that the streak holds today. */
  readonly freezes: number
  readonly rules: Rules
}

const refuse = (code: UseRefusal["code"]): UseDecision => ({ ok: false, refusal: { code } })

/** What using a purchase does; nothing where it is not owned or no consumable. Ask before the fact is applied. */
export const effectsOfUse = (holdings: Holdings, purchaseId: string): ReadonlyArray<ItemEffect> => {
  const found = holdings.purchases.find((one) => one.purchase_id === purchaseId)
  return found?.item_kind === "consumable" ? found.effects : []
}

/** Decides one use. */
export const decideUse = ({ freezes, holdings, purchaseId, rules }: UseRequest): UseDecision => {
  const status = statusOf(holdings, purchaseId)
  if (status === null) return refuse("purchase_unknown")
  if (status !== "owned") return refuse(status === "used" ? "already_used" : "already_refunded")
  const effects = effectsOfUse(holdings, purchaseId)
  if (effects.length === 0) return refuse("not_usable")
  if (freezes >= rules.freezes_max) return refuse("no_effect")
  return { ok: true, fact: { kind: "item_used", purchase_id: purchaseId } }
}
