/** Reads one board's days, which stand in order. */
import type { Rules } from "./Rules.ts"
import type { BoardDay, BoardState } from "./ScoringState.ts"
import { extendStreak, grantFreezes, holdStreak, type Streak, type ZoneChanges } from "./streak.ts"

/** Where a day stands or would stand. */
export const positionOf = (days: ReadonlyArray<{ readonly day: number }>, day: number): number => {
  // Most work is of the newest day.
  const newest = days.at(-1)
  if (newest === undefined || newest.day < day) return days.length
  if (newest.day === day) return days.length - 1
  let low = 0
  let high = days.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if ((days[middle]?.day ?? day) < day) low = middle + 1
    else high = middle
  }
  return low
}

/** What is known of a day; a day without work has nothing. */
export const dayOf = (board: BoardState, day: number): BoardDay => {
  const found = board.days[positionOf(board.days, day)]
  return found?.day === day ? found : { day, active: false, coins: 0, repeats: [] }
}

/** The streak after a day of a board that comes after its last. */
export const afterDay = (
  streak: Streak,
  { active, day, freezes = 0 }: Pick<BoardDay, "active" | "day" | "freezes">,
  rules: Rules,
  changes: ZoneChanges = []
): Streak => {
  const worked = active ? extendStreak(streak, day, rules, changes) : streak
  return freezes > 0 ? grantFreezes(worked, day, freezes, rules, changes) : worked
}

/** The streak as it stands on a day: with that day's own work if it had any, without that of later days. */
export const streakOn = (board: BoardState, day: number, rules: Rules, changes: ZoneChanges = []): Streak => {
  let streak = board.before
  for (const one of board.days) {
    if (one.day > day) break
    streak = afterDay(streak, one, rules, changes)
  }
  return holdStreak(streak, day, rules, changes)
}
