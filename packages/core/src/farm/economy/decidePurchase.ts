/** Whether something may be bought now, and what the ledger would keep of it. Pure: asking changes nothing. */
import { catalogueHash, findItem } from "./Catalogue.ts"
import type { ItemBought } from "./EconomyFact.ts"
import { statusOf } from "./Holdings.ts"
import { type OfferRefusal, offerOf, type Shopper } from "./offerOf.ts"

/** What somebody wants to buy. */
export interface PurchaseRequest {
  readonly purchaseId: string
  readonly item: string
  /** The price that the buyer saw; null takes whatever it is. */
  readonly expectedPrice: number | null
}

/** Why nothing was bought, the first reason of several. */
export type PurchaseRefusal =
  | OfferRefusal
  /** `not_for_sale`: a trophy. `purchase_id_taken`: the ledger has a purchase of that id. */
  | { readonly code: "purchase_id_taken" | "item_unknown" | "not_for_sale" }
  | { readonly code: "price_changed"; readonly expected: number; readonly price: number }

/** The fact to put into the ledger, or why not. */
export type PurchaseDecision =
  | { readonly ok: true; readonly fact: ItemBought }
  | { readonly ok: false; readonly refusal: PurchaseRefusal }

const refuse = (refusal: PurchaseRefusal): PurchaseDecision => ({ ok: false, refusal })

/** Decides one purchase. The caller's transaction makes sure that nothing else is bought in between. */
export const decidePurchase = (shopper: Shopper, request: PurchaseRequest): PurchaseDecision => {
  if (statusOf(shopper.holdings, request.purchaseId) !== null) return refuse({ code: "purchase_id_taken" })
  const item = findItem(shopper.catalogue, request.item)
  if (item === null) return refuse({ code: "item_unknown" })
  if (item.kind === "trophy") return refuse({ code: "not_for_sale" })
  const { next, refusal } = offerOf(shopper, item)
  if (next === null) return refuse(refusal)
  if (refusal !== null && refusal.code !== "insufficient_funds") return refuse(refusal)
  const { effects, level, needs, price } = next
  // Before the funds: who saw another price may not want it at all.
  if (request.expectedPrice !== null && request.expectedPrice !== price) {
    return refuse({ code: "price_changed", expected: request.expectedPrice, price })
  }
  if (refusal !== null) return refuse(refusal)
  return {
    ok: true,
    fact: {
      kind: "item_bought",
      purchase_id: request.purchaseId,
      item: item.slug,
      item_kind: item.kind,
      level,
      price,
      effects,
      needs,
      catalogue_hash: catalogueHash(shopper.catalogue)
    }
  }
}
