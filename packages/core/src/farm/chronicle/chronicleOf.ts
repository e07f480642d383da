/** What a farm has to tell, newest first: achievements, levels, purchases and seasons of its shop. Pure; nothing of the work is in it. */
import { levelOf } from "../../scoring/level.ts"
import type { FarmAchievements } from "../describeAchievements.ts"
import { type Catalogue, findItem } from "../economy/Catalogue.ts"
import type { Purchase } from "../economy/Holdings.ts"
import type { DaySum } from "../FarmProjection.ts"

/** One thing to tell. */
export interface ChronicleEntry {
  /** The same for ever: `achievement/SLUG`, `level/NUMBER`, `purchase/ID`, `season/SLUG/DATE`. */
  readonly id: string
  readonly kind: "achievement" | "level" | "purchase" | "season"
  readonly title: string
  readonly text: string
  /** In the wire's spelling; of a day, its beginning in UTC. */
  readonly at: string
}

/** All that a chronicle is made from. */
export interface ChronicleFacts {
  readonly achievements: FarmAchievements
  readonly purchases: ReadonlyArray<Purchase>
  readonly catalogue: Catalogue
  /** Paid work of all days, oldest first. */
  readonly days: ReadonlyArray<DaySum>
  /** The farm's first day, and today. */
  readonly firstDay: string
  readonly today: string
}

const startOf = (day: string): string => `${day}T00:00:00Z`

const achievements = ({ achievements: all }: FarmAchievements): ReadonlyArray<ChronicleEntry> =>
  all.flatMap(({ description, earned, name, slug }) =>
    earned === null
      ? []
      : [
          {
            id: `achievement/${slug}`,
            kind: "achievement",
            title: `Achieved: ${name}`,
            text: description,
            at: earned.at
          }
        ]
  )

/** A level that a day jumped over is told too. */
const levels = (days: ReadonlyArray<DaySum>): ReadonlyArray<ChronicleEntry> => {
  const entries: Array<ChronicleEntry> = []
  let coins = 0
  let level = 1
  for (const { board, coins: earned, farmDay } of days) {
    if (board !== "human") continue
    coins += earned
    while (level < levelOf(coins)) {
      level++
      const title = `Level ${level}`
      entries.push({
        id: `level/${level}`,
        kind: "level",
        title,
        text: `The farm is at level ${level}.`,
        at: startOf(farmDay)
      })
    }
  }
  return entries
}

const nameOf = (catalogue: Catalogue, slug: string): string => findItem(catalogue, slug)?.name ?? slug

const purchases = ({ catalogue, purchases: owned }: ChronicleFacts): ReadonlyArray<ChronicleEntry> =>
  owned.map(({ at, item, level, price, purchase_id }) => {
    const name = nameOf(catalogue, item)
    const text = `${name}, level ${level}, for ${price} ${price === 1 ? "coin" : "coins"}.`
    return { id: `purchase/${purchase_id}`, kind: "purchase", title: `Bought: ${name}`, text, at }
  })

/** The last day on which a season began, today included; null where it has not begun yet. */
const lastStart = (from: string, today: string): string | null => {
  if (from.length > "MM-DD".length) return from <= today ? from : null
  const year = Number(today.slice(0, 4))
  return `${year}-${from}` <= today ? `${year}-${from}` : `${year - 1}-${from}`
}

const seasons = ({ catalogue, firstDay, today }: ChronicleFacts): ReadonlyArray<ChronicleEntry> =>
  catalogue.items.flatMap((item) => {
    const { name, slug } = item
    const season = "season" in item ? item.season : null
    const start = season === null ? null : lastStart(season.from, today)
    // Before the farm there was nobody to sell to.
    if (season === null || start === null || start < firstDay) return []
    const text = `The shop sells it until ${season.until}.`
    return [{ id: `season/${slug}/${start}`, kind: "season", title: `In season: ${name}`, text, at: startOf(start) }]
  })

const newestFirst = (a: ChronicleEntry, b: ChronicleEntry): number => {
  if (a.at !== b.at) return a.at < b.at ? 1 : -1
  return a.id < b.id ? 1 : -1
}

/** All entries; equal facts give equal entries. */
export const chronicleOf = (facts: ChronicleFacts): ReadonlyArray<ChronicleEntry> =>
  [...achievements(facts.achievements), ...levels(facts.days), ...purchases(facts), ...seasons(facts)].sort(newestFirst)
