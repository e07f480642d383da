/** Whether something may be given back now, by the ledger's own times. Pure. */
import type { EconomyFact } from "./EconomyFact.ts"
import { givesRoom, type Holdings, refundSeconds, roomOf, secondsOf, settlesAt, statusOf } from "./Holdings.ts"
import type { Room } from "./Item.ts"

/** Why nothing was given back. */
export type RefundRefusal =
  | { readonly code: "purchase_unknown" | "already_refunded" | "already_used" }
  | { readonly code: "too_late"; readonly bought_at: string; readonly refund_seconds: number }
  /** A higher level, or something that stands in the room which this gives, has to go first. */
  | { readonly code: "in_use"; readonly by: "level" | keyof Room }

/** The fact to put into the ledger, or why not. */
export type RefundDecision =
  | { readonly ok: true; readonly fact: Extract<EconomyFact, { readonly kind: "item_refunded" }> }
  | { readonly ok: false; readonly refusal: RefundRefusal }

/** What a refund depends on. */
export interface RefundRequest {
  readonly holdings: Holdings
  readonly purchaseId: string
  /** The room that the catalogue starts a farm with. */
  readonly start: Room
  /** The newest time that the ledger knows, or the tracker's clock where that is later. */
  readonly at: string
}

const refuse = (refusal: RefundRefusal): RefundDecision => ({ ok: false, refusal })

/** Decides one refund: within ten minutes, once, and only of what nothing else stands on. */
export const decideRefund = ({ at, holdings, purchaseId, start }: RefundRequest): RefundDecision => {
  const status = statusOf(holdings, purchaseId)
  const found = holdings.purchases.find((one) => one.purchase_id === purchaseId)
  if (found === undefined) {
    if (status === "used") return refuse({ code: "already_used" })
    return refuse({ code: status === "refunded" ? "already_refunded" : "purchase_unknown" })
  }
  // A clock that was set back does not open the window again.
  if (settlesAt(found.at) <= at || secondsOf(at) < secondsOf(found.at) - refundSeconds) {
    return refuse({ code: "too_late", bought_at: found.at, refund_seconds: refundSeconds })
  }
  const rest = holdings.purchases.filter((one) => one !== found)
  if (rest.some((one) => one.item === found.item && one.level > found.level)) {
    return refuse({ code: "in_use", by: "level" })
  }
  for (const what of ["plots", "stalls"] as const) {
    const { given, used } = roomOf({ purchases: rest }, start, what)
    if (givesRoom(found, what) && used > given) return refuse({ code: "in_use", by: what })
  }
  return { ok: true, fact: { kind: "item_refunded", purchase_id: purchaseId } }
}
