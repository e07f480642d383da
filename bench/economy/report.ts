/** What the years say, as the rows and ratios of a benchmark and as the files of the documentation. */
import { defaultRules } from "@farmops/core/scoring/Rules"
import { drawTable, type Row, rounded } from "../report.ts"
import {
  clockRoller,
  colluders,
  eightTimers,
  heavy,
  idleTimer,
  type Persona,
  personas,
  rested,
  weekday
} from "./personas.ts"
import { plotYears } from "./plot.ts"
import { type FarmYear, farmDaysOf, simulate } from "./simulate.ts"

export interface EconomyReport {
  readonly years: ReadonlyArray<FarmYear>
  readonly rows: ReadonlyArray<Row>
  readonly ratios: Readonly<Record<string, number>>
}

export const ceiling = defaultRules.daily_ceiling ?? 0

export const bestDayOf = ({ farmDays }: FarmYear): number => Math.max(0, ...farmDays.values())

const rowOf = (persona: Persona, year: FarmYear): Row => ({
  persona: persona.name,
  coins: year.coins,
  best_day: bestDayOf(year),
  days_at_ceiling: [...year.farmDays.values()].filter((coins) => coins >= ceiling).length,
  farm_days: farmDaysOf(persona, year.growth.length),
  longest_streak: year.longestStreak,
  level: year.level,
  proofs: year.proofs
})

export const reportEconomy = (days: number): EconomyReport => {
  const lived = personas.map((persona) => ({ persona, year: simulate(persona, days) }))
  const of = (wanted: Persona) => lived.find(({ persona }) => persona === wanted)?.year.coins ?? Number.NaN
  return {
    years: lived.map(({ year }) => year),
    rows: lived.map(({ persona, year }) => rowOf(persona, year)),
    ratios: {
      idle_timer_vs_weekday: rounded(of(idleTimer) / of(weekday)),
      rested_vs_weekday: rounded(of(rested) / of(weekday)),
      clock_roller_vs_heavy: rounded(of(clockRoller) / of(heavy)),
      colluder_vs_weekday: rounded(of(colluders) / 2 / of(weekday)),
      eight_timers_vs_weekday: rounded(of(eightTimers) / of(weekday))
    }
  }
}

const begin = "<!-- made by npm run bench -- economy --docs -->"
const end = "<!-- end -->"

/** The page with its table made anew; what people wrote around it stays. */
export const withTable = (page: string, { rows }: Pick<EconomyReport, "rows">): string => {
  const from = page.indexOf(begin)
  const to = page.indexOf(end)
  if (from < 0 || to < from) throw new Error(`the page has no place between ${begin} and ${end}`)
  return `${page.slice(0, from + begin.length)}\n\n\`\`\`\n${drawTable(rows)}\n\`\`\`\n\n${page.slice(to)}`
}

export const docs = { page: "docs/economy.md", plot: "docs/images/economy.svg" } as const

export const plotOf = ({ years }: Pick<EconomyReport, "years">): string => plotYears(years, ceiling)
