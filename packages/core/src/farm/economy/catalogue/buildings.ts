/** Buildings, barn and land: what makes a farm earn more and gives it room. */
import type { Category } from "@farmops/proof/vocabulary"
import type { SoldItem } from "../Item.ts"
import { building, type Label, type LevelPrice, levelled, multiply } from "./sold.ts"

/** Five levels, each 50 thousandths: a quarter more for the category when all are built. */
const trade = (category: Category, label: Label, from: number): SoldItem =>
  building(
    label,
    [200, 320, 510, 820, 1310].map((price, at): LevelPrice => {
      return { price, from: from + 8 * at, effects: [multiply(category, 50)] }
    })
  )

/** One line for each category of work. */
const trades: ReadonlyArray<SoldItem> = [
  trade("maintenance", { slug: "silo", name: "Silo", description: "Routine upkeep, stored dry and in good order." }, 3),
  trade("toil", { slug: "windmill", name: "Windmill", description: "Lets the wind do what hands did before." }, 4),
  trade(
    "reliability",
    { slug: "stone-wall", name: "Stone wall", description: "Stands in any weather, and so does what is behind it." },
    6
  ),
  trade("security", { slug: "watchtower", name: "Watchtower", description: "Sees who comes up the road." }, 8),
  trade(
    "incident",
    { slug: "fire-station", name: "Fire station", description: "A bell, a ladder and a full tank." },
    9
  ),
  trade("upgrade", { slug: "greenhouse", name: "Greenhouse", description: "New plants grow here before the frost." }, 7)
]

/** For all work: 30 thousandths for each level of the farmhouse, 20 for each of the barn. */
export const buildings: ReadonlyArray<SoldItem> = [
  ...trades,
  building({ slug: "farmhouse", name: "Farmhouse", description: "The better one sleeps, the better one works." }, [
    { price: 400, from: 5, effects: [multiply("all", 30)] },
    { price: 900, from: 14, effects: [multiply("all", 30)] },
    { price: 1800, from: 24, effects: [multiply("all", 30)] },
    { price: 3200, from: 36, effects: [multiply("all", 30)] },
    { price: 5500, from: 48, effects: [multiply("all", 30)] }
  ]),
  levelled({ slug: "barn", name: "Barn", description: "Stalls for animals, and a roof for everything else." }, "barn", [
    { price: 150, from: 2, effects: [{ kind: "stalls", count: 4 }, multiply("all", 20)] },
    { price: 700, from: 12, effects: [{ kind: "stalls", count: 4 }, multiply("all", 20)] },
    { price: 1600, from: 22, effects: [{ kind: "stalls", count: 4 }, multiply("all", 20)] },
    { price: 3000, from: 34, effects: [{ kind: "stalls", count: 6 }, multiply("all", 20)] },
    { price: 5000, from: 46, effects: [{ kind: "stalls", count: 6 }, multiply("all", 20)] }
  ]),
  levelled(
    { slug: "land", name: "Land", description: "Another strip of field beyond the hedge." },
    "land",
    [100, 250, 500, 900, 1500, 2300, 3300, 4500].map((price, at): LevelPrice => {
      return { price, from: 3 + 6 * at, effects: [{ kind: "plots", count: 4 }] }
    })
  )
]
