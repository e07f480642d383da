/** What the shop says of an item now: its next level, its price, and why it cannot be bought, if so. Pure. */
import { levelOf } from "../../scoring/level.ts"
import type { Catalogue } from "./Catalogue.ts"
import { balanceOf, type Holdings, ownedOf, roomOf } from "./Holdings.ts"
import type { ItemLevel, Room, SoldItem } from "./Item.ts"
import { isInSeason, type Season } from "./Season.ts"

/** The farm as the shop sees it. */
export interface Shopper {
  readonly catalogue: Catalogue
  readonly holdings: Holdings
  /** Of the human board, all that was ever earned and still counts. */
  readonly totalCoins: number
  /** Today, `YYYY-MM-DD`, in the ledger's time zone. */
  readonly farmDay: string
}

/** Why an item cannot be bought now, the first reason of several. */
export type OfferRefusal =
  | { readonly code: "out_of_season"; readonly season: Season }
  /** There is one of it, at its highest level. */
  | { readonly code: "already_owned"; readonly level: number }
  | { readonly code: "sold_out"; readonly stock: number }
  | { readonly code: "level_required"; readonly required: number; readonly level: number }
  | { readonly code: "no_room"; readonly what: keyof Room; readonly needs: number; readonly free: number }
  | {
      readonly code: "insufficient_funds"
      readonly price: number
      readonly current_coins: number
      readonly debt: number
    }

/** The level that a purchase would bring, what it takes and what it adds. */
export type NextLevel = ItemLevel & { readonly level: number; readonly needs: Room }

/** What the shop says of an item; `next` is null when no more can be had. */
export type Offer =
  | { readonly item: SoldItem; readonly next: NextLevel; readonly refusal: OfferRefusal | null }
  | { readonly item: SoldItem; readonly next: null; readonly refusal: OfferRefusal }

const nothing: Room = { plots: 0, stalls: 0 }

const nextLevelOf = (item: SoldItem, holdings: Holdings): NextLevel | null => {
  const owned = ownedOf(holdings, item.slug)
  const level = item.levels.length > 1 ? owned.level + 1 : owned.count < item.stock ? 1 : null
  const found = level === null ? undefined : item.levels[level - 1]
  if (level === null || found === undefined) return null
  return { ...found, level, needs: level === 1 ? item.needs : nothing }
}

const cramped = ({ catalogue, holdings }: Shopper, needs: Room): OfferRefusal | null => {
  for (const what of ["plots", "stalls"] as const) {
    const { given, used } = roomOf(holdings, catalogue.start, what)
    const free = Math.max(0, given - used)
    if (needs[what] > free) return { code: "no_room", what, needs: needs[what], free }
  }
  return null
}

const unseasonable = ({ season }: SoldItem, farmDay: string): OfferRefusal | null =>
  season === null || isInSeason(season, farmDay) ? null : { code: "out_of_season", season }

const exhausted = ({ slug, stock }: SoldItem, holdings: Holdings): OfferRefusal =>
  stock > 1 ? { code: "sold_out", stock } : { code: "already_owned", level: ownedOf(holdings, slug).level }

const unreached = (required: number, totalCoins: number): OfferRefusal | null => {
  const level = levelOf(totalCoins)
  return level < required ? { code: "level_required", required, level } : null
}

const unaffordable = (price: number, { holdings, totalCoins }: Shopper): OfferRefusal | null => {
  const balance = balanceOf(totalCoins, holdings)
  return price > balance.current_coins ? { code: "insufficient_funds", price, ...balance } : null
}

/** The shop's answer for one item. */
export const offerOf = (shopper: Shopper, item: SoldItem): Offer => {
  const { farmDay, holdings, totalCoins } = shopper
  const next = nextLevelOf(item, holdings)
  const outOfSeason = unseasonable(item, farmDay)
  if (next === null) return { item, next, refusal: outOfSeason ?? exhausted(item, holdings) }
  const refusal =
    outOfSeason ??
    unreached(next.level_required, totalCoins) ??
    cramped(shopper, next.needs) ??
    unaffordable(next.price, shopper)
  return { item, next, refusal }
}

/** The whole shop window, in the catalogue's order. */
export const offersOf = (shopper: Shopper): ReadonlyArray<Offer> =>
  shopper.catalogue.items.flatMap((item) => (item.kind === "trophy" ? [] : [offerOf(shopper, item)]))
