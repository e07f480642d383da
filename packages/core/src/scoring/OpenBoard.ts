/**
 * One board while proofs are scored: the same days as in {@link BoardState}, in a form in which a proof costs the same
 * however many days, kinds of work and proofs there are. Days stay in order and within the horizon.
 */
import { afterDay, positionOf } from "./boardDays.ts"
import type { Rules } from "./Rules.ts"
import { type BoardDay, type BoardState, horizonDays } from "./ScoringState.ts"
import { holdStreak, type Streak, type ZoneChanges } from "./streak.ts"

/** What streaks depend on besides the days. */
export interface StreakTerms {
  readonly rules: Rules
  readonly changes: ZoneChanges
}

/** A day that this run of proofs counts in. */
export interface OpenDay {
  readonly day: number
  active: boolean
  coins: number
  /** How many proofs of each kind scored, kinds in the order in which they came. */
  readonly repeats: Map<number, number>
  /** Put to the streak on this day. */
  freezes: number
  /** As it is to be stored, where that is known. */
  closed: BoardDay | null
}

const isOpen = (day: BoardDay | OpenDay): day is OpenDay => day.repeats instanceof Map

const open = (closed: BoardDay): OpenDay => {
  const { active, coins, day, freezes = 0, repeats } = closed
  const counts = new Map<number, number>()
  for (let at = 0; at < repeats.length; at += 2) counts.set(repeats[at] ?? 0, repeats[at + 1] ?? 0)
  return { day, active, coins, repeats: counts, freezes, closed }
}

const close = (day: BoardDay | OpenDay): BoardDay => {
  if (!isOpen(day)) return day
  if (day.closed !== null) return day.closed
  const repeats: Array<number> = []
  for (const [kind, count] of day.repeats) repeats.push(kind, count)
  const closed = { day: day.day, active: day.active, coins: day.coins, repeats }
  day.closed = day.freezes === 0 ? closed : { ...closed, freezes: day.freezes }
  return day.closed
}

/** See above. Made from a state, which it leaves as it is. */
export class OpenBoard {
  #before: Streak
  readonly #days: Array<BoardDay | OpenDay>
  /** The streak after each of the first days, as far as it was walked under `#terms`. */
  #walked: Array<Streak> = []
  #terms: StreakTerms | null = null
  readonly #onDrop: () => void

  /** Calls `onDrop` whenever days fall behind the horizon. */
  constructor({ before, days }: BoardState, onDrop: () => void) {
    this.#before = before
    this.#days = [...days]
    this.#onDrop = onDrop
  }

  /**
   * The day whose fatigue and ceiling work of `day` uses: its own, or the oldest that is kept. So work from before the horizon
   * still earns, but all of it together no more than one farm-day each time that the farm grows a day older.
   */
  countedDay(day: number): number {
    return Math.max(day, (this.#days.at(-1)?.day ?? day) - horizonDays + 1)
  }

  /** What a day has earned. */
  coinsOf(day: number): number {
    const found = this.#days[positionOf(this.#days, day)]
    return found?.day === day ? found.coins : 0
  }

  /** The day, to be counted in: `countedDay` of something. Work that is part of a streak makes it active. */
  openDay(day: number, inStreak: boolean, terms: StreakTerms): OpenDay {
    this.#settle(terms)
    const at = positionOf(this.#days, day)
    const known = this.#days[at]?.day === day ? this.#days[at] : undefined
    const opened =
      known === undefined ? open({ day, active: false, coins: 0, repeats: [] }) : isOpen(known) ? known : open(known)
    if (known !== opened) this.#days.splice(at, known === undefined ? 0 : 1, opened)
    if (known === undefined || (inStreak && !opened.active)) this.#walked.length = Math.min(this.#walked.length, at)
    opened.active ||= inStreak
    opened.closed = null
    this.#dropOld()
    return opened
  }

  /** Puts freezes to the streak on a day, which is no earlier than any other of the board. */
  grantFreezes(day: number, count: number, terms: StreakTerms): void {
    const opened = this.openDay(day, false, terms)
    opened.freezes += count
    this.#walked.length = Math.min(this.#walked.length, positionOf(this.#days, day))
  }

  /** The newest day; 0 where there is none. */
  newestDay(): number {
    return this.#days.at(-1)?.day ?? 0
  }

  /** The streak as it stands on a day, with that day's own work. */
  streakOn(day: number, terms: StreakTerms): Streak {
    this.#settle(terms)
    const after = positionOf(this.#days, day + 1)
    return holdStreak(this.#walk(after), day, terms.rules, terms.changes)
  }

  /** Hands every kind that a kept day counts to `use`. */
  eachKind(use: (kind: number) => void): void {
    for (const day of this.#days) {
      if (isOpen(day)) for (const kind of day.repeats.keys()) use(kind)
      else for (let at = 0; at < day.repeats.length; at += 2) use(day.repeats[at] ?? 0)
    }
  }

  /** Gives kinds other numbers. */
  renumber(numberOf: (kind: number) => number): void {
    for (const [at, day] of this.#days.entries()) {
      const { active, coins, day: number, freezes, repeats } = isOpen(day) ? day : open(day)
      const renumbered = new Map([...repeats].map(([kind, count]) => [numberOf(kind), count]))
      const changed: OpenDay = { day: number, active, coins, repeats: renumbered, freezes, closed: null }
      this.#days[at] = isOpen(day) ? changed : close(changed)
    }
  }

  /** As it is to be stored. */
  close(): BoardState {
    return { before: this.#before, days: this.#days.map(close) }
  }

  #settle(terms: StreakTerms): void {
    if (this.#terms?.rules !== terms.rules || this.#terms.changes !== terms.changes) this.#walked = []
    this.#terms = terms
  }

  /** The streak after the first `count` days. */
  #walk(count: number): Streak {
    for (let at = this.#walked.length; at < count; at++) {
      const streak = this.#walked[at - 1] ?? this.#before
      const one = this.#days[at]
      const { changes, rules } = this.#terms ?? {}
      this.#walked.push(one === undefined || rules === undefined ? streak : afterDay(streak, one, rules, changes))
    }
    return this.#walked[count - 1] ?? this.#before
  }

  /** Days that fall behind the horizon live on in `before` only. */
  #dropOld(): void {
    const kept = positionOf(this.#days, (this.#days.at(-1)?.day ?? 0) - horizonDays + 1)
    if (kept === 0) return
    this.#before = this.#walk(kept)
    this.#days.splice(0, kept)
    this.#walked.splice(0, kept)
    this.#onDrop()
  }
}
