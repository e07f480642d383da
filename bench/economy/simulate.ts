/** Lives through days of one persona's farm, paid by the very functions that pay in a tracker. */

import {
  applyZoneChange,
  calendarOf,
  changeZone,
  farmDayIn,
  type LedgerCalendar
} from "@farmops/core/scoring/LedgerCalendar"
import { levelOf } from "@farmops/core/scoring/level"
import { defaultRules, type Rules } from "@farmops/core/scoring/Rules"
import { emptyScoringState } from "@farmops/core/scoring/ScoringState"
import { openScoring } from "@farmops/core/scoring/scoreProof"
import { Result } from "effect"
import type { Persona } from "./personas.ts"
import { randomFrom } from "./random.ts"
import { proofOf, wireTime } from "./Work.ts"

const daySeconds = 86_400
// A Thursday.
const firstMidnight = Date.parse("2026-01-01T00:00:00Z") / 1000

export interface FarmYear {
  readonly persona: string
  readonly coins: number
  /** The coins at the end of each day, as it was lived. */
  readonly growth: ReadonlyArray<number>
  /** Coins of each farm-day that work was dated to. */
  readonly farmDays: ReadonlyMap<string, number>
  readonly longestStreak: number
  readonly level: number
  readonly proofs: number
}

const moveOn = (calendar: LedgerCalendar, persona: Persona, now: string, turn: number): LedgerCalendar => {
  const timeZone = persona.zones?.[turn % persona.zones.length]
  if (timeZone === undefined) return calendar
  const change = changeZone({ calendar, now, timeZone })
  return Result.isSuccess(change) ? applyZoneChange(calendar, change.success) : calendar
}

export const simulate = (persona: Persona, days: number, rules: Rules = defaultRules): FarmYear => {
  const random = randomFrom(20_260_101)
  const run = openScoring(emptyScoringState)
  const growth: Array<number> = []
  const farmDays = new Map<string, number>()
  let calendar = calendarOf("UTC")
  let coins = 0
  let proofs = 0
  let longestStreak = 0
  for (let day = 0; day < days; day++) {
    const midnight = firstMidnight + day * daySeconds
    calendar = moveOn(calendar, persona, wireTime(midnight), day)
    for (const work of persona.day({ day, midnight }, random)) {
      const { detail } = run.score({ proof: proofOf(work), rules, timeZone: calendar })
      coins += detail.coins
      proofs++
      longestStreak = Math.max(longestStreak, detail.streak_days)
      farmDays.set(detail.farm_day, (farmDays.get(detail.farm_day) ?? 0) + detail.coins)
    }
    growth.push(coins)
  }
  return { persona: persona.name, coins, growth, farmDays, longestStreak, level: levelOf(coins), proofs }
}

/** How many farm-days the ledger had, worked or not. */
export const farmDaysOf = (persona: Persona, days: number): number => {
  const seen = new Set<string>()
  let calendar = calendarOf("UTC")
  for (let day = 0; day < days; day++) {
    const midnight = firstMidnight + day * daySeconds
    calendar = moveOn(calendar, persona, wireTime(midnight), day)
    for (let at = 0; at < 4; at++) seen.add(farmDayIn(calendar, wireTime(midnight + (at * daySeconds) / 4)))
  }
  return seen.size
}
