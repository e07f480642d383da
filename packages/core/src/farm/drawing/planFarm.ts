/** Decides what stands on a farm. Every part only ever grows with the number it stands for, so a farm is never taken away. */
import type { Category } from "@farmops/proof/vocabulary"
import type { FarmState } from "../FarmState.ts"

/** The house grows with the level: a newcomer camps, a farm of level 25 has a manor with a tower. */
export const houseNames = ["tent", "log cabin", "cottage", "farmhouse", "country house", "manor"] as const

/** From which level each of {@link houseNames} stands. */
const houseLevels = [1, 2, 4, 8, 15, 25] as const

/** Coins in one category from which its building reaches tier 1, 2, 3, 4 and 5. */
const tierCoins = [1, 100, 400, 1_500, 5_000] as const

/** Coins of bots from which one, two, three robots live in the shed. */
const robotCoins = [1, 300, 2_000] as const

/** The animals that a streak brings, and the day on which they come. */
export const animalDays = { hen: 3, bees: 7, cow: 14, ducks: 21, sheep: 30, horse: 60 } as const

/** One of the animals in {@link animalDays}. */
export type Animal = keyof typeof animalDays

/** The building that stands for each category of work. */
export const buildingNames: Record<Category, string> = {
  maintenance: "silo",
  toil: "windmill",
  reliability: "stone wall",
  security: "scarecrow",
  incident: "fire tower",
  upgrade: "greenhouse"
}

/** From a grey morning to a golden day with a balloon: the longer the streak, the finer the weather. */
export const skyNames = ["overcast", "hazy", "fair", "bright", "rainbow", "golden"] as const

const skyDays = [0, 1, 3, 7, 14, 30] as const

/** The fields hold this many plants when full. */
export const plantsMax = 192

/** More rain barrels than this would hide the house; the text still names the true number. */
const barrelsMax = 6

/** One category's building: tier 0 is a staked-out lot, 5 the finest. */
export interface Building {
  readonly category: Category
  readonly name: string
  readonly tier: number
  readonly coins: number
  readonly proofs: number
}

/** What both drawings, the picture and the terminal's, show of a farm. */
export interface FarmPlan {
  readonly name: string
  readonly house: number
  readonly houseName: string
  readonly buildings: Record<Category, Building>
  readonly plants: number
  readonly animals: ReadonlyArray<Animal>
  readonly hens: number
  readonly sky: number
  readonly barrels: number
  readonly trees: number
  /** How full the barn is today, 0 to 1: today's coins of the daily ceiling. */
  readonly barnFill: number
  readonly barnFull: boolean
  readonly barn: boolean
  readonly robots: number
}

/** How many of the ascending thresholds are reached. */
const reached = (thresholds: ReadonlyArray<number>, value: number): number =>
  thresholds.filter((threshold) => value >= threshold).length

/** One plant a proof at first, then ever slower, so that the fields fill over a year and not in a week. */
const plantsFor = (proofs: number): number =>
  Math.min(plantsMax, proofs <= 25 ? proofs : Math.floor(5 * Math.sqrt(proofs)))

const animalNames = ["hen", "bees", "cow", "ducks", "sheep", "horse"] as const satisfies ReadonlyArray<Animal>

/** The plan of a farm: pure, total, and growing with each of coins, proofs, streak, freezes and level. */
export const planFarm = (state: FarmState): FarmPlan => {
  const building = (category: Category): Building => {
    const row = state.categories.find((each) => each.category === category)
    const coins = row?.total_coins ?? 0
    return {
      category,
      name: buildingNames[category],
      tier: reached(tierCoins, coins),
      coins,
      proofs: row?.total_proofs ?? 0
    }
  }
  const house = Math.max(0, reached(houseLevels, state.level) - 1)
  return {
    name: printableName(state.name),
    house,
    houseName: houseNames[house] ?? "tent",
    buildings: {
      maintenance: building("maintenance"),
      toil: building("toil"),
      reliability: building("reliability"),
      security: building("security"),
      incident: building("incident"),
      upgrade: building("upgrade")
    },
    plants: plantsFor(state.proofs),
    animals: animalNames.filter((animal) => state.streak_days >= animalDays[animal]),
    hens: reached([3, 5, 10, 20], state.streak_days),
    sky: reached(skyDays, state.streak_days) - 1,
    barrels: Math.min(barrelsMax, state.freezes),
    trees: Math.min(16, 4 + Math.floor(state.level / 2)),
    barnFill: state.ceiling > 0 ? Math.min(1, state.today_coins / state.ceiling) : 0,
    barnFull: state.ceiling > 0 && state.today_coins >= state.ceiling,
    barn: state.proofs > 0 || state.today_coins > 0,
    robots: reached(robotCoins, state.bot_coins)
  }
}

/**
 * A farm's name as it may be shown: the owner chooses it, so controls (a terminal would obey them), characters that XML
 * forbids and characters that reverse the text around them are replaced.
 */
export const printableName = (name: string): string => {
  const clean = name
    .toWellFormed()
    // biome-ignore lint/suspicious/noControlCharactersInRegex: controls are what this removes
    .replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufffe\uffff]/gu, " ")
    .replace(/\s+/gu, " ")
    .trim()
  return clean === "" ? "Farm" : clean
}
