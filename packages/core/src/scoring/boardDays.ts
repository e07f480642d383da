/** Reads and changes one board's days without touching the state that was given. Days stay in order and within the horizon. */
import type { Rules } from "./Rules.ts"
import { type BoardDay, type BoardState, horizonDays } from "./ScoringState.ts"
import { extendStreak, holdStreak, type Streak } from "./streak.ts"

/**
 * The day whose fatigue and ceiling work of `day` uses: its own, or the oldest that is kept. So work from before the horizon
 * still earns, but all of it together no more than one farm-day each time that the farm grows a day older.
 */
export const countedDay = (board: BoardState, day: number): number => {
  const newest = board.days.at(-1)?.day ?? day
  return Math.max(day, newest - horizonDays + 1)
}

const positionOf = (days: ReadonlyArray<BoardDay>, day: number): number => {
  // Most work is of the newest day, so the search starts there.
  let at = days.length
  while (at > 0 && (days[at - 1]?.day ?? day) >= day) at--
  return at
}

/** What is known of a day; a day without work has nothing. */
export const dayOf = (board: BoardState, day: number): BoardDay => {
  const found = board.days[positionOf(board.days, day)]
  return found?.day === day ? found : { day, active: false, coins: 0, repeats: [] }
}

/** How often a kind of work has scored on a day. */
export const repeatsOf = ({ repeats }: BoardDay, kind: number): number => {
  for (let at = 0; at < repeats.length; at += 2) if (repeats[at] === kind) return repeats[at + 1] ?? 0
  return 0
}

/** The pairs with one more proof of a kind. */
export const withRepeat = ({ repeats }: BoardDay, kind: number): ReadonlyArray<number> => {
  for (let at = 0; at < repeats.length; at += 2) {
    if (repeats[at] === kind) return repeats.with(at + 1, (repeats[at + 1] ?? 0) + 1)
  }
  return [...repeats, kind, 1]
}

/** The board with one day replaced or added; days that fall behind the horizon live on in `before` only. */
export const withDay = (board: BoardState, changed: BoardDay, rules: Rules): BoardState => {
  const at = positionOf(board.days, changed.day)
  const days = board.days.toSpliced(at, board.days[at]?.day === changed.day ? 1 : 0, changed)
  const oldest = (days.at(-1)?.day ?? changed.day) - horizonDays + 1
  const kept = positionOf(days, oldest)
  if (kept === 0) return { before: board.before, days }
  const before = days.slice(0, kept).reduce<Streak>((streak, one) => {
    return one.active ? extendStreak(streak, one.day, rules) : streak
  }, board.before)
  return { before, days: days.slice(kept) }
}

/** The streak as it stands on a day: with that day's own work if it had any, without that of later days. */
export const streakOn = (board: BoardState, day: number, rules: Rules): Streak => {
  let streak = board.before
  for (const one of board.days) {
    if (one.day > day) break
    if (one.active) streak = extendStreak(streak, one.day, rules)
  }
  return holdStreak(streak, day, rules)
}
