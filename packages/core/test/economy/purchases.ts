/** A shop as small as the tests' cases, and purchases from it. */
import { applyFact } from "../../src/farm/economy/applyFact.ts"
import type { Catalogue } from "../../src/farm/economy/Catalogue.ts"
import { decidePurchase, type PurchaseDecision } from "../../src/farm/economy/decidePurchase.ts"
import type { ItemBought } from "../../src/farm/economy/EconomyFact.ts"
import { emptyHoldings, type Holdings } from "../../src/farm/economy/Holdings.ts"
import type { Item, ItemEffect, SoldItem } from "../../src/farm/economy/Item.ts"

/** The UUID v7 number so and so. */
export const purchaseId = (at: number): string => `01939f2e-0000-7000-8000-${at.toString(16).padStart(12, "0")}`

const level = (price: number, level_required: number, ...effects: ReadonlyArray<ItemEffect>) => ({
  price,
  level_required,
  effects
})

export const sold = (
  slug: string,
  kind: SoldItem["kind"],
  levels: SoldItem["levels"],
  more: Partial<Pick<SoldItem, "stock" | "season" | "needs">> = {}
): SoldItem => ({
  slug,
  kind,
  name: slug,
  description: "For a test.",
  levels,
  stock: 1,
  season: null,
  needs: { plots: 0, stalls: 0 },
  ...more
})

const onePlot = { needs: { plots: 1, stalls: 0 } }

export const items: ReadonlyArray<Item> = [
  sold(
    "shed",
    "building",
    [
      level(10, 1, { kind: "multiply", category: "toil", thousandths: 200 }),
      level(20, 1, { kind: "multiply", category: "toil", thousandths: 100 })
    ],
    onePlot
  ),
  sold("manor", "building", [level(30, 3, { kind: "multiply", category: "all", thousandths: 200 })], onePlot),
  sold("field", "land", [level(15, 1, { kind: "plots", count: 1 }), level(25, 1, { kind: "plots", count: 1 })]),
  sold("barn", "barn", [level(12, 1, { kind: "stalls", count: 2 })]),
  sold("hen", "animal", [level(5, 1)], { stock: 2, needs: { plots: 0, stalls: 1 } }),
  sold("barrel", "consumable", [level(8, 1, { kind: "freezes", count: 1 })], { stock: 2 }),
  sold("snow", "cosmetic", [level(6, 1)], { season: { from: "12-01", until: "01-15" } }),
  { slug: "cup", kind: "trophy", name: "Cup", description: "For a test.", achievement: "first-proof" }
]

export const catalogue: Catalogue = {
  format: "farmops/catalogue/1",
  version: 1,
  start: { plots: 1, stalls: 0 },
  items
}

export const noon = "2026-11-16T12:00:00Z"

/** So many seconds after {@link noon}. */
export const after = (seconds: number): string =>
  new Date(Date.parse(noon) + seconds * 1000).toISOString().replace(".000Z", "Z")

interface Visit {
  readonly holdings?: Holdings
  readonly totalCoins?: number
  readonly farmDay?: string
  readonly expectedPrice?: number | null
  readonly id?: number
  readonly from?: Catalogue
}

/** Asks for an item, as a rich farm in November would. */
export const ask = (item: string, visit: Visit = {}): PurchaseDecision =>
  decidePurchase(
    {
      catalogue: visit.from ?? catalogue,
      holdings: visit.holdings ?? emptyHoldings,
      totalCoins: visit.totalCoins ?? 1000,
      farmDay: visit.farmDay ?? "2026-11-16"
    },
    { purchaseId: purchaseId(visit.id ?? 999), item, expectedPrice: visit.expectedPrice ?? null }
  )

export const factOf = (decision: PurchaseDecision): ItemBought => {
  if (!decision.ok) throw new Error(`refused: ${decision.refusal.code}`)
  return decision.fact
}

/** Buys these one after another at noon; the first has the id 0, the next 1. */
export const buyAll = (slugs: ReadonlyArray<string>, visit: Omit<Visit, "id" | "holdings"> = {}): Holdings =>
  slugs.reduce<Holdings>(
    (holdings, slug, id) => applyFact(holdings, factOf(ask(slug, { ...visit, holdings, id })), noon),
    emptyHoldings
  )
