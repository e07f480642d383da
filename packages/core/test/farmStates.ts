/** Farms at four ages, for the tests of the drawings. */
import type { FarmState } from "@farmops/core/farm/FarmState"
import { type Category, categories } from "@farmops/proof/vocabulary"

/** The coins of each category; what is left out is 0. */
export const coinsIn = (coins: Partial<Record<Category, number>>): FarmState["categories"] =>
  categories.map((category) => ({
    category,
    total_proofs: Math.ceil((coins[category] ?? 0) / 20),
    total_coins: coins[category] ?? 0,
    last_proof_at: null
  }))

/** A farm on its first morning. */
export const emptyFarm: FarmState = {
  name: "Willow Farm",
  total_coins: 0,
  current_coins: 0,
  debt: 0,
  level: 1,
  level_progress: { have: 0, need: 50 },
  streak_days: 0,
  freezes: 0,
  last_active: null,
  farm_day: "2026-01-10",
  today_coins: 0,
  ceiling: 600,
  bot_coins: 0,
  proofs: 0,
  categories: coinsIn({}),
  sample: false,
  time_zone: "UTC",
  ruleset_hash: "0".repeat(64),
  updated_at: "2026-01-10T10:00:00Z"
}

/** A farm of five proofs. */
export const smallFarm: FarmState = {
  ...emptyFarm,
  total_coins: 62,
  level: 2,
  level_progress: { have: 12, need: 100 },
  proofs: 5,
  streak_days: 2,
  today_coins: 62,
  categories: coinsIn({ maintenance: 22, reliability: 40 })
}

/** A farm of level 7. */
export const mediumFarm: FarmState = {
  ...emptyFarm,
  total_coins: 1250,
  level: 7,
  level_progress: { have: 200, need: 350 },
  proofs: 96,
  streak_days: 8,
  freezes: 1,
  today_coins: 240,
  bot_coins: 84,
  categories: coinsIn({ maintenance: 400, toil: 280, reliability: 300, security: 120, incident: 50, upgrade: 100 })
}

/** A farm of level 30, with everything that a farm can have. */
export const largeFarm: FarmState = {
  ...emptyFarm,
  total_coins: 22_500,
  level: 30,
  level_progress: { have: 750, need: 1500 },
  proofs: 1700,
  streak_days: 64,
  freezes: 2,
  today_coins: 600,
  bot_coins: 2300,
  categories: coinsIn({
    maintenance: 6000,
    toil: 5000,
    reliability: 5200,
    security: 5100,
    incident: 5000,
    upgrade: 5300
  })
}
