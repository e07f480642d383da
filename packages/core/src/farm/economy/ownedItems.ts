/** What a farm owns, an entry for each item: what people and villages look at. Pure. */
import { type Holdings, type Purchase, settlesAt } from "./Holdings.ts"
import type { SoldKind } from "./Item.ts"

/** One item, with all of its levels or all that there is of it. */
export interface OwnedItem {
  readonly item: string
  readonly kind: SoldKind
  readonly level: number
  readonly count: number
  /** In the order of the ledger. */
  readonly purchases: ReadonlyArray<Purchase>
}

/** In the order in which each was first bought. */
export const ownedItems = ({ purchases }: Pick<Holdings, "purchases">): ReadonlyArray<OwnedItem> =>
  [...Map.groupBy(purchases, ({ item }) => item)].map(([item, all]) => ({
    item,
    kind: all[0]?.item_kind ?? "decor",
    level: Math.max(...all.map(({ level }) => level)),
    count: all.length,
    purchases: all
  }))

/** Whether it can be given back no more at `at`: from then on it works. */
export const isSettled = (purchase: Purchase, at: string): boolean => settlesAt(purchase.at) <= at
