/**
 * Streaks over farm-days. Only active days that are no rest days count; a missed day that is no rest day uses up a freeze,
 * and without one the streak ends. A pure walk over the days that are known, so a proof that arrives late mends its gap.
 */
import { Schema } from "effect"
import { weekdayOf, weekdays } from "./farmDay.ts"
import type { ZoneSpan } from "./LedgerCalendar.ts"
import type { Rules } from "./Rules.ts"

/** Where a walk over active days stands after its last one. Days are day numbers. */
export const Streak = Schema.Struct({
  /** The last active day that is no rest day. */
  last: Schema.NullOr(Schema.Int),
  days: Schema.Int,
  freezes: Schema.Int,
  /** Active days since the last freeze was earned. */
  towards_freeze: Schema.Int
})

/** See the schema of the same name. */
export type Streak = typeof Streak.Type

/** Before the first day of work. */
export const noStreak: Streak = { last: null, days: 0, freezes: 0, towards_freeze: 0 }

/** Whether the rules rest on this day. */
export const isRestDay = (day: number, rules: Rules): boolean => {
  const weekday = weekdays[weekdayOf(day)]
  return weekday !== undefined && rules.rest_days.includes(weekday)
}

/** The ledger's changes of zone, as far as streaks ask: the dates that they left out are nobody's missed days. */
export type ZoneChanges = ReadonlyArray<Pick<ZoneSpan, "from_day" | "last_day">>

/** How many dates that are no rest days lie strictly between two. */
const workingDaysBetween = (from: number, to: number, rules: Rules): number => {
  const gap = Math.max(0, to - from - 1)
  const weeks = Math.floor(gap / 7)
  let missed = weeks === 0 ? 0 : weeks * weekdays.filter((day) => !rules.rest_days.includes(day)).length
  for (let day = to - (gap % 7); day < to; day++) if (!isRestDay(day, rules)) missed++
  return missed
}

const missedBetween = (from: number, to: number, rules: Rules, changes: ZoneChanges): number => {
  let missed = workingDaysBetween(from, to, rules)
  for (let at = changes.length - 1; at >= 0; at--) {
    const change = changes[at]
    if (change === undefined || change.from_day <= from) break
    if (change.last_day < to)
      missed -= workingDaysBetween(Math.max(change.last_day, from), Math.min(change.from_day, to), rules)
  }
  return missed
}

/** The streak as it stands on a day, before any work of that day: freezes that missed days used up are gone. */
export const holdStreak = (streak: Streak, day: number, rules: Rules, changes: ZoneChanges = []): Streak => {
  if (streak.last === null || day <= streak.last) return streak
  const missed = missedBetween(streak.last, day, rules, changes)
  if (missed === 0) return streak
  return missed <= streak.freezes ? { ...streak, freezes: streak.freezes - missed } : { ...streak, days: 0, freezes: 0 }
}

/** The streak after work on a day that comes after its last. Work on a rest day changes nothing. */
export const extendStreak = (streak: Streak, day: number, rules: Rules, changes: ZoneChanges = []): Streak => {
  if (isRestDay(day, rules)) return streak
  const held = holdStreak(streak, day, rules, changes)
  const every = rules.freeze_every_days
  const towards = held.towards_freeze + 1
  const earned = every !== null && towards >= every
  return {
    last: day,
    days: held.days + 1,
    freezes: earned ? Math.min(held.freezes + 1, rules.freezes_max) : held.freezes,
    towards_freeze: every === null ? 0 : towards % every
  }
}

/**
 * The streak after freezes were put to it on a day: they are for days to come, so what was missed before stays missed. Put to
 * a streak that is over, they wait for the next one.
 */
export const grantFreezes = (
  streak: Streak,
  day: number,
  count: number,
  rules: Rules,
  changes: ZoneChanges = []
): Streak => {
  const held = holdStreak(streak, day, rules, changes)
  const freezes = Math.max(held.freezes, Math.min(held.freezes + count, rules.freezes_max))
  // Days that are settled here must not be counted as missed again.
  const last = held === streak ? streak.last : held.days === 0 ? null : day - 1
  return { ...held, last, freezes }
}
