/**
 * Achievements as a pure fold over the ledger: the same entries in the same order earn the same achievements at the same
 * positions, in pages or at once. What was earned stays earned. Void proofs never count: they are no paid work.
 */
import { categories } from "@farmops/proof/vocabulary"
import { dayNumberOf } from "../../scoring/farmDay.ts"
import { coinsForLevel } from "../../scoring/level.ts"
import type { Achievement, AchievementSet, CompositeStep, Condition } from "./Achievement.ts"
import { type AchievementState, daysKept, type Earned } from "./AchievementState.ts"
import { type Holdings, secondsOf, settlesAt } from "./Holdings.ts"
import { isComplete, isOfKind, type Moments, withMoment } from "./matchComposite.ts"
import type { AchievementEntry, PaidWork } from "./PaidWork.ts"

/** The state while a page is folded; only ever a copy is changed. */
interface Draft {
  coins: number
  activeDays: number
  days: Array<AchievementState["days"][number]>
  readonly counts: Array<number>
  readonly moments: Array<ReadonlyArray<Moments>>
  readonly earned: Array<Earned>
  /** The rest of the set, with their places in it. */
  open: ReadonlyArray<readonly [number, Achievement]>
  /** The holdings that were looked at last, and how many of their purchases were settled then. */
  seen: Holdings | null
  seenSettled: number
}

type Day = AchievementState["days"][number]

/** Adds work to its day; null where the day is kept no more. */
const countDay = (draft: Draft, work: PaidWork): Day | null => {
  const day = dayNumberOf(work.farm_day)
  const newest = draft.days.at(-1)?.day ?? day
  if (day <= newest - daysKept) return null
  let at = draft.days.length
  while (at > 0 && (draft.days[at - 1]?.day ?? day) >= day) at--
  const known = draft.days[at]?.day === day ? draft.days[at] : undefined
  if (known === undefined) draft.activeDays++
  const bit = 1 << categories.indexOf(work.category)
  const counted = { day, coins: (known?.coins ?? 0) + work.coins, categories: (known?.categories ?? 0) | bit }
  draft.days.splice(at, known === undefined ? 0 : 1, counted)
  if (day > newest) draft.days = draft.days.filter((one) => one.day > day - daysKept)
  return counted
}

const bitsOf = (mask: number): number => categories.filter((_, at) => (mask & (1 << at)) !== 0).length

const doesStep = (work: PaidWork, step: CompositeStep): boolean =>
  (step.by === "anyone" || work.board === "human") && isOfKind(work, step)

const reachesComposite = (
  draft: Draft,
  index: number,
  condition: Extract<Condition, { readonly kind: "composite" }>,
  work: PaidWork,
  position: number
): boolean => {
  const matching = condition.steps.map((step) => doesStep(work, step))
  if (!matching.includes(true)) return false
  const before = draft.moments[index] ?? []
  const seconds = secondsOf(work.at)
  const steps = condition.steps.map((_, at) => {
    const moments = before[at] ?? []
    return matching[at] === true ? withMoment(moments, seconds, position) : moments
  })
  draft.moments[index] = steps
  return isComplete(steps, condition.window_minutes * 60)
}

/** Whether this work completes a condition; counts it where the condition counts. */
const reachesByWork = (
  draft: Draft,
  [index, { condition }]: readonly [number, Achievement],
  { position }: AchievementEntry,
  work: PaidWork,
  day: Day | null
): boolean => {
  if (condition.kind === "composite") return reachesComposite(draft, index, condition, work, position)
  if (work.board !== "human") return false
  switch (condition.kind) {
    case "proofs": {
      if (!isOfKind(work, condition)) return false
      const count = (draft.counts[index] ?? 0) + 1
      draft.counts[index] = count
      return count >= condition.count
    }
    case "streak":
      return work.streak_days >= condition.days
    case "active_days":
      return draft.activeDays >= condition.days
    case "level":
      return draft.coins >= coinsForLevel(condition.level)
    case "day_coins":
      return day !== null && day.coins >= condition.coins
    case "day_categories":
      return day !== null && bitsOf(day.categories) >= condition.count
    default:
      return false
  }
}

type Owned = ReadonlyArray<Holdings["purchases"][number]>

const reachesByOwning = (condition: Condition, owned: Owned): boolean => {
  if (condition.kind === "owns") {
    return condition.items.every(({ item, level }) => owned.some((one) => one.item === item && one.level >= level))
  }
  if (condition.kind !== "owns_kind") return false
  const items = owned.filter(({ item_kind }) => item_kind === condition.item_kind).map(({ item }) => item)
  return new Set(items).size >= condition.count
}

/** Moves what the test finds earned over, in the set's order. */
const settle = (
  draft: Draft,
  position: number,
  at: string,
  isEarned: (one: readonly [number, Achievement]) => boolean
): void => {
  const earned = draft.open.filter(isEarned)
  if (earned.length === 0) return
  for (const [index, { slug }] of earned) {
    draft.earned.push({ slug, position, at })
    // What is earned needs no memory.
    draft.counts[index] = 0
    draft.moments[index] = (draft.moments[index] ?? []).map(() => [])
  }
  draft.open = draft.open.filter((one) => !earned.includes(one))
}

// Holdings change with a purchase, and are looked at with every entry.
const settleTimes = new WeakMap<Holdings, ReadonlyArray<string>>()

const settleTimesOf = (holdings: Holdings): ReadonlyArray<string> => {
  const known = settleTimes.get(holdings)
  if (known !== undefined) return known
  const times = holdings.purchases.map(({ at }) => settlesAt(at))
  settleTimes.set(holdings, times)
  return times
}

/** Things count as owned once they cannot be given back: so nobody earns by buying and returning. */
const foldHoldings = (draft: Draft, { at, holdings, position }: AchievementEntry): void => {
  const times = settleTimesOf(holdings)
  let settled = 0
  for (const time of times) if (time <= at) settled++
  if (settled === 0 || (holdings === draft.seen && settled === draft.seenSettled)) return
  draft.seen = holdings
  draft.seenSettled = settled
  const owned = holdings.purchases.filter((_, index) => (times[index] ?? at) <= at)
  settle(draft, position, at, ([, { condition }]) => reachesByOwning(condition, owned))
}

const foldWork = (draft: Draft, entry: AchievementEntry, work: PaidWork): void => {
  const isHuman = work.board === "human"
  if (isHuman) draft.coins += work.coins
  const day = isHuman ? countDay(draft, work) : null
  settle(draft, entry.position, work.at, (one) => reachesByWork(draft, one, entry, work, day))
}

const openDraft = (set: AchievementSet, state: AchievementState): Draft => {
  const earned = new Set(state.earned.map(({ slug }) => slug))
  return {
    coins: state.coins,
    activeDays: state.active_days,
    days: [...state.days],
    counts: [...state.counts],
    moments: [...state.moments],
    earned: [...state.earned],
    open: set.achievements.flatMap((one, index) => (earned.has(one.slug) ? [] : [[index, one] as const])),
    seen: null,
    seenSettled: 0
  }
}

/** Folds a page of the ledger's entries into the state of this set. The state that was given stays as it is. */
export const foldAchievements = (
  set: AchievementSet,
  state: AchievementState,
  entries: Iterable<AchievementEntry>
): AchievementState => {
  const draft = openDraft(set, state)
  for (const entry of entries) {
    if (entry.work !== null) foldWork(draft, entry, entry.work)
    foldHoldings(draft, entry)
  }
  const { activeDays, coins, counts, days, earned, moments } = draft
  return { ...state, coins, active_days: activeDays, days, counts, moments, earned }
}
