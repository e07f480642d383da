/** The shop's window and the farm's things as answers to people and programs. Pure. */
import { categories } from "@farmops/proof/vocabulary"
import { levelOf } from "../../scoring/level.ts"
import { type Catalogue, catalogueHash, findItem } from "../economy/Catalogue.ts"
import { balanceOf, ownedOf, type Purchase, settlesAt } from "../economy/Holdings.ts"
import { type Offer, offersOf, type Shopper } from "../economy/offerOf.ts"
import { isSettled, ownedItems } from "../economy/ownedItems.ts"
import { upgradeOf } from "../economy/upgradeOf.ts"
import type { FarmTotals } from "../FarmTotals.ts"
import { refusedBy } from "./describeRefusal.ts"
import type { FarmUpgrades, OfferedItem, ShopWindow } from "./ShopWindow.ts"

const offered = ({ holdings }: Shopper, { item, next, refusal }: Offer): OfferedItem => {
  const { description, kind, name, season, slug } = item
  const refused = refusal === null ? null : refusedBy(refusal)
  return {
    item: slug,
    kind,
    name,
    description,
    season,
    owned: ownedOf(holdings, slug),
    next:
      next === null
        ? null
        : {
            level: next.level,
            price: next.price,
            level_required: next.level_required,
            effects: next.effects,
            needs: next.needs
          },
    refusal: refused === null ? null : { code: refused.code, detail: refused.detail }
  }
}

/** The whole window. */
export const describeShop = (shopper: Shopper): ShopWindow => ({
  catalogue_version: shopper.catalogue.version,
  catalogue_hash: catalogueHash(shopper.catalogue),
  level: levelOf(shopper.totalCoins),
  ...balanceOf(shopper.totalCoins, shopper.holdings),
  items: offersOf(shopper).map((offer) => offered(shopper, offer))
})

const purchaseAt = (purchase: Purchase, now: string) => {
  const { at, effects, level, price, purchase_id } = purchase
  return { purchase_id, level, price, at, settles_at: settlesAt(at), settled: isSettled(purchase, now), effects }
}

const trophiesOf = ({ items }: Catalogue, { achievements }: Pick<FarmTotals, "achievements">) =>
  items.flatMap((item) => {
    const earned =
      item.kind === "trophy" ? achievements?.earned.find(({ slug }) => slug === item.achievement) : undefined
    return item.kind === "trophy" && earned !== undefined
      ? [{ item: item.slug, name: item.name, achievement: item.achievement, at: earned.at }]
      : []
  })

/** What the farm has at `now`. */
export const describeUpgrades = (totals: FarmTotals, catalogue: Catalogue, now: string): FarmUpgrades => {
  const { holdings, humanCoins, rules } = totals
  return {
    ...balanceOf(humanCoins, holdings),
    spent: holdings.spent,
    upgrades: ownedItems(holdings).map(({ purchases, ...owned }) => ({
      ...owned,
      name: findItem(catalogue, owned.item)?.name ?? null,
      purchases: purchases.map((purchase) => purchaseAt(purchase, now))
    })),
    trophies: trophiesOf(catalogue, totals),
    multipliers: categories.map((category) => ({
      category,
      thousandths: upgradeOf(holdings, category, rules, now)
    }))
  }
}
