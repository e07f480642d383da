/** When an item is sold: from one farm-day until another, both included, in one year or in every year. */
import { Schema } from "effect"

const SeasonDay = Schema.String.check(Schema.isPattern(/^(\d{4}-)?(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/))

/** Both ends are spelled alike: `MM-DD` comes back every year and may go over its end, `YYYY-MM-DD` is sold once. */
export const Season = Schema.Struct({ from: SeasonDay, until: SeasonDay })

/** See the schema of the same name. */
export type Season = typeof Season.Type

const isYearly = (day: string): boolean => day.length === "MM-DD".length

/** Whether a farm-day, `YYYY-MM-DD`, lies in the season. */
export const isInSeason = ({ from, until }: Season, farmDay: string): boolean => {
  if (!isYearly(from)) return from <= farmDay && farmDay <= until
  const day = farmDay.slice(5)
  return from <= until ? from <= day && day <= until : from <= day || day <= until
}

// A leap year has every day that any year has.
const isRealDay = (day: string): boolean => {
  const whole = isYearly(day) ? `2024-${day}` : day
  const time = Date.parse(`${whole}T00:00:00Z`)
  return !Number.isNaN(time) && new Date(time).toISOString().slice(0, 10) === whole
}

/** Why no day lies in the season, or not what its author meant; null when nothing is wrong. */
export const seasonFault = ({ from, until }: Season): string | null => {
  if (isYearly(from) !== isYearly(until)) return "must name both days with a year, or both without"
  const unreal = [from, until].find((day) => !isRealDay(day))
  if (unreal !== undefined) return `names ${unreal}, a day that no calendar has`
  return !isYearly(from) && until < from ? "ends before it begins" : null
}
