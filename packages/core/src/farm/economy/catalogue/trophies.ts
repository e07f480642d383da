/** Trophies: each stands for an achievement, and no coins buy one. */
import type { Trophy } from "../Item.ts"

const trophy = (achievement: string, slug: string, name: string, description: string): Trophy => ({
  slug,
  kind: "trophy",
  name,
  description,
  achievement
})

/** One for each achievement that takes more than a day. */
export const trophies: ReadonlyArray<Trophy> = [
  trophy("week-in-a-row", "horseshoe", "Horseshoe", "For a streak of seven days."),
  trophy("month-in-a-row", "silver-bell", "Silver bell", "For a streak of thirty days."),
  trophy("hundred-in-a-row", "golden-plough", "Golden plough", "For a streak of a hundred days."),
  trophy("two-hundred-days", "old-oak", "Old oak", "For two hundred days of work, in a row or not."),
  trophy("full-barn", "grain-scale", "Grain scale", "For a day that filled the barn."),
  trophy("all-trades", "compass-rose", "Compass rose", "For all six kinds of work in one day."),
  trophy("keeper", "brass-oilcan", "Brass oilcan", "For a thousand proofs of maintenance."),
  trophy("toil-breaker", "broken-chain", "Broken chain", "For two hundred and fifty proofs against toil."),
  trophy("fire-brigade", "fire-bucket", "Fire bucket", "For fifty incidents put out."),
  trophy("locksmith", "iron-key", "Iron key", "For a hundred proofs of security."),
  trophy("full-circle", "millstone", "Millstone", "For a change that went from plan through pipeline to rollout."),
  trophy("never-again", "lightning-rod", "Lightning rod", "For an incident that became a change on the same day."),
  trophy("walked-the-fence", "lantern-pole", "Lantern pole", "For a rollout that somebody looked after."),
  trophy("master-builder", "model-farm", "Model farm", "For every building at its highest level.")
]
