/** Sums one fact of the shop up. Total: a fact that makes no sense after the ones before it changes nothing. */
import type { EconomyFact } from "./EconomyFact.ts"
import { closedMax, type Holdings, statusOf } from "./Holdings.ts"

/** The holdings after a fact that the ledger took at `at`. Those that were given stay as they are. */
export const applyFact = (holdings: Holdings, fact: EconomyFact, at: string): Holdings => {
  const { purchases } = holdings
  if (fact.kind === "item_bought") {
    if (statusOf(holdings, fact.purchase_id) !== null) return holdings
    const { kind: _, ...bought } = fact
    return { ...holdings, purchases: [...purchases, { ...bought, at }], spent: holdings.spent + fact.price }
  }
  const found = purchases.find((one) => one.purchase_id === fact.purchase_id)
  if (found === undefined) return holdings
  const how = fact.kind === "item_used" ? "used" : "refunded"
  return {
    ...holdings,
    purchases: purchases.filter((one) => one !== found),
    closed: [...holdings.closed, { purchase_id: found.purchase_id, how } as const].slice(-closedMax),
    spent: how === "refunded" ? holdings.spent - found.price : holdings.spent
  }
}
