/**
 * A farm as its rules say it, kept as a list of what happened and summed up from its beginning each time: nothing here is
 * taken from the fold, the scorer or the calendar of `src`, so that what they agree on was thought twice.
 */
import type { Rules } from "../src/scoring/Rules.ts"

/** A stretch of the calendar, from an instant on. Days are day numbers. */
export interface ModelSpan {
  readonly zone: string
  /** In milliseconds. */
  readonly from: number
  readonly fromDay: number
  /** The last day that was counted before. */
  readonly lastDay: number
}

/** The zone of the beginning, and each change that was decided and not taken back. */
export interface ModelCalendar {
  readonly zone: string
  readonly spans: ReadonlyArray<ModelSpan>
}

/** A proof against toil of medium complexity and an impact of 3, or one that hands a chain over and earns nothing. */
export interface ModelProof {
  readonly hash: string
  readonly agentId: string
  readonly sequence: number
  readonly board: "human" | "bot"
  /** The work's own time, in milliseconds. */
  readonly at: number
  readonly plugin: string
  readonly isWork: boolean
  readonly rules: Rules
  readonly calendar: ModelCalendar
  readonly upgrade: number
  readonly season: ModelSeason | null
  isVoid: boolean
}

/** What a season is, by its name. */
export interface ModelSeason {
  readonly name: string
  readonly from: number
  readonly until: number
}

const dayMs = 86_400_000

/** The day number of an instant on the wall of a zone. */
const wallDay = (at: number, zone: string): number =>
  Date.parse(`${new Intl.DateTimeFormat("en-CA", { timeZone: zone, dateStyle: "short" }).format(at)}T00:00:00Z`) / dayMs

/** The farm-day of an instant. */
export const modelDay = ({ spans, zone }: ModelCalendar, at: number): number => {
  const index = spans.findLastIndex(({ from }) => from <= at)
  const day = wallDay(at, spans[index]?.zone ?? zone)
  return Math.max(spans[index]?.fromDay ?? Number.NEGATIVE_INFINITY, Math.min(spans[index + 1]?.lastDay ?? day, day))
}

/** The zone in which the farm-day of an instant began. */
export const modelZone = ({ spans, zone }: ModelCalendar, at: number): string =>
  spans.findLast(({ from }) => from <= at)?.zone ?? zone

/** `YYYY-MM-DD`. */
export const dayText = (day: number): string => new Date(day * dayMs).toISOString().slice(0, 10)

const isRest = (day: number, rules: Rules): boolean =>
  rules.rest_days.some(
    (name) =>
      name ===
      ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"][new Date(day * dayMs).getUTCDay()]
  )

const isLeftOut = (day: number, { spans }: ModelCalendar): boolean =>
  spans.some(({ fromDay, lastDay }) => lastDay < day && day < fromDay)

/** Worked days in a row up to a day, under rules without freezes. */
const streakTo = (day: number, worked: ReadonlySet<number>, { calendar, rules }: ModelProof): number => {
  let days = isRest(day, rules) ? 0 : 1
  for (let before = day - 1; ; before--) {
    if (isRest(before, rules) || isLeftOut(before, calendar)) {
      if (before < day - 60) return days
      continue
    }
    if (!worked.has(before)) return days
    days++
  }
}

/** What the farm should show. */
export interface ModelSums {
  readonly coins: Readonly<Record<"human" | "bot", number>>
  /** By the proof's hash. */
  readonly paid: ReadonlyMap<string, number>
  readonly todayCoins: (day: number) => number
  readonly seasons: ReadonlyMap<
    string,
    Readonly<Record<"human" | "bot", readonly [coins: number, proofs: number, days: number]>>
  >
}

const rounded = (base: number, factors: ReadonlyArray<number>): number => {
  const exact = factors.reduce((product, factor) => product * BigInt(factor), BigInt(base))
  const whole = 1000n ** BigInt(factors.length)
  return Number(exact / whole + (2n * (exact % whole) >= whole ? 1n : 0n))
}

/** Sums the proofs up in the order of the ledger. */
export const sumUp = (proofs: ReadonlyArray<ModelProof>): ModelSums => {
  const coins = { human: 0, bot: 0 }
  const paid = new Map<string, number>()
  const ofDay = new Map<string, number>()
  const repeats = new Map<string, number>()
  const worked = { human: new Set<number>(), bot: new Set<number>() }
  const seasonDays = new Map<string, Set<number>>()
  const seasons = new Map<string, Record<"human" | "bot", [number, number, number]>>()
  for (const proof of proofs) {
    const { at, board, calendar, hash, isVoid, isWork, plugin, rules, season, upgrade } = proof
    if (isVoid || !isWork) {
      paid.set(hash, 0)
      continue
    }
    const day = modelDay(calendar, at)
    worked[board].add(day)
    const kind = `${board} ${day} ${plugin}`
    const repeat = (repeats.get(kind) ?? 0) + 1
    repeats.set(kind, repeat)
    const tired = rules.fatigue_free === null ? 0 : Math.max(0, repeat - rules.fatigue_free)
    const fatigue = tired >= 10 ? 0 : Math.floor(1000 / 2 ** tired)
    const streak = Math.min(streakTo(day, worked[board], proof), 7)
    const streakFactor = 1000 + Math.floor((2 * rules.streak_bonus * Math.max(0, streak - 1) + 6) / 12)
    const worth = rounded(rules.base_coins.toil, [1250, 1222, streakFactor, upgrade, fatigue])
    const had = ofDay.get(`${board} ${day}`) ?? 0
    const earned = rules.daily_ceiling === null ? worth : Math.min(worth, Math.max(0, rules.daily_ceiling - had))
    ofDay.set(`${board} ${day}`, had + earned)
    coins[board] += earned
    paid.set(hash, earned)
    if (season === null || at < season.from || at >= season.until) continue
    const sums = seasons.get(season.name) ?? { human: [0, 0, 0], bot: [0, 0, 0] }
    seasons.set(season.name, sums)
    const days = seasonDays.get(`${season.name} ${board}`) ?? new Set()
    seasonDays.set(`${season.name} ${board}`, days.add(day))
    sums[board] = [sums[board][0] + earned, sums[board][1] + 1, days.size]
  }
  return { coins, paid, todayCoins: (day) => ofDay.get(`human ${day}`) ?? 0, seasons }
}
