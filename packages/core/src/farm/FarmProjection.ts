/**
 * The sums over a ledger, as a pure fold: the same proofs and purchases in the same order give the same sums, to the byte.
 * Intake folds each new group into the stored sums; a rebuild folds the whole ledger into nothing and must arrive there too.
 */

import { canonicalJson } from "@farmops/proof/canonicalJson"
import { type Category, categories } from "@farmops/proof/vocabulary"
import { openScoring, type ScoringDetail } from "../scoring/scoreProof.ts"
import type { AchievementSet } from "./economy/Achievement.ts"
import { achievementsAfter } from "./economy/achievementsAfter.ts"
import { effectsOfUse } from "./economy/decideUse.ts"
import type { ItemEffect } from "./economy/Item.ts"
import { type AchievementEntry, paidWorkOf } from "./economy/PaidWork.ts"
import { upgradeOf } from "./economy/upgradeOf.ts"
import { afterFact, type FarmTotals, type LedgerEntry } from "./FarmTotals.ts"
import { afterSeasonWork, openSeason } from "./seasons/FarmSeason.ts"

/** People and machines earn apart. */
export type Board = ScoringDetail["board"]

/** One category of one board. */
export interface CategorySum {
  readonly board: Board
  readonly category: Category
  readonly proofs: number
  readonly coins: number
  readonly lastProofAt: string
}

/** Paid proofs of one category in one farm-day of one board. */
export interface DaySum {
  readonly farmDay: string
  readonly board: Board
  readonly category: Category
  readonly proofs: number
  readonly coins: number
  /** Sum of complexity × impact × fatigue in thousandths. */
  readonly work: number
}

/** What a run of proofs adds to the tables of sums. */
export interface ProjectionChange {
  readonly totals: FarmTotals
  /** One for each proof, in order. */
  readonly details: ReadonlyArray<ScoringDetail>
  readonly categories: ReadonlyArray<CategorySum>
  readonly days: ReadonlyArray<DaySum>
}

/** What the sums depend on besides the lines. */
export interface ProjectionTerms {
  /** What can be achieved. */
  readonly achievements: AchievementSet
}

const later = (a: string | null, b: string): string => (a === null || b > a ? b : a)

/** complexity × impact × fatigue in thousandths, rounded half up: what a village with other rates starts from. */
export const workOf = ({ complexity, fatigue, impact }: ScoringDetail): number =>
  Number((BigInt(complexity) * BigInt(impact) * BigInt(fatigue) * 2n + 1_000_000n) / 2_000_000n)

/** Whether a proof counts as paid work, even where the ceiling left nothing for it. */
export const isPaid = ({ reason }: ScoringDetail): boolean => reason === null || reason === "ceiling"

const addTo = <A>(sums: Map<string, A>, key: string, first: A, add: (known: A) => A): void => {
  const known = sums.get(key)
  sums.set(key, known === undefined ? first : add(known))
}

const freezesIn = (effects: ReadonlyArray<ItemEffect>): number =>
  effects.reduce((sum, effect) => (effect.kind === "freezes" ? sum + effect.count : sum), 0)

/** Scores a run of lines on top of `totals` and sums it up. */
export const projectEntries = (
  totals: FarmTotals,
  entries: Iterable<LedgerEntry>,
  { achievements }: ProjectionTerms
): ProjectionChange => {
  const details: Array<ScoringDetail> = []
  const achieved: Array<AchievementEntry> = []
  const categorySums = new Map<string, CategorySum>()
  const daySums = new Map<string, DaySum>()
  const run = openScoring(totals.scoring)
  let { botCoins, calendar, holdings, humanCoins, lastActive, length, rules, seasons, updatedAt } = totals
  for (const entry of entries) {
    const { position } = entry
    if ("fact" in entry) {
      const { at, fact } = entry
      updatedAt = at
      if (fact.kind === "item_used") {
        run.grantFreezes({ at, count: freezesIn(effectsOfUse(holdings, fact.purchase_id)), rules, timeZone: calendar })
      }
      if (fact.kind === "season_opened") seasons = openSeason(seasons, fact, { at, position })
      ;({ calendar, holdings, rules } = afterFact({ calendar, holdings, rules }, fact, at))
      achieved.push({ position, at, holdings, work: null })
      continue
    }
    const { isVoid, proof, receivedAt } = entry
    const upgrade = upgradeOf(holdings, proof.action.category, rules, receivedAt)
    const { detail } = run.score({ proof, rules, timeZone: calendar, upgrade, isVoid })
    const { board, coins, farm_day: farmDay } = detail
    const { category } = proof.action
    length++
    updatedAt = receivedAt
    achieved.push({ position, at: receivedAt, holdings, work: paidWorkOf(proof, detail) })
    details.push(detail)
    if (isVoid) continue
    if (board === "human") {
      humanCoins += coins
      lastActive = later(lastActive, proof.timestamp)
    } else botCoins += coins
    addTo(
      categorySums,
      `${board} ${category}`,
      { board, category, proofs: 1, coins, lastProofAt: proof.timestamp },
      (known) => ({
        ...known,
        proofs: known.proofs + 1,
        coins: known.coins + coins,
        lastProofAt: later(known.lastProofAt, proof.timestamp)
      })
    )
    if (isPaid(detail)) {
      seasons = afterSeasonWork(seasons, { board, at: proof.timestamp, farmDay, coins })
      const work = workOf(detail)
      addTo(
        daySums,
        `${farmDay} ${board} ${category}`,
        { farmDay, board, category, proofs: 1, coins, work },
        (known) => ({ ...known, proofs: known.proofs + 1, coins: known.coins + coins, work: known.work + work })
      )
    }
  }
  return {
    totals: {
      length,
      humanCoins,
      botCoins,
      lastActive,
      updatedAt,
      scoring: run.state(),
      holdings,
      rules,
      calendar,
      seasons,
      achievements: achievementsAfter(achievements, totals.achievements, achieved)
    },
    details,
    categories: [...categorySums.values()],
    days: [...daySums.values()]
  }
}

/** Two runs' sums as one, the later run second. */
export const joinChanges = (
  first: Pick<ProjectionChange, "categories" | "days">,
  second: ProjectionChange
): ProjectionChange => {
  const categorySums = new Map(first.categories.map((sum) => [`${sum.board} ${sum.category}`, sum]))
  for (const sum of second.categories) {
    addTo(categorySums, `${sum.board} ${sum.category}`, sum, (known) => ({
      ...known,
      proofs: known.proofs + sum.proofs,
      coins: known.coins + sum.coins,
      lastProofAt: later(known.lastProofAt, sum.lastProofAt)
    }))
  }
  const daySums = new Map(first.days.map((sum) => [`${sum.farmDay} ${sum.board} ${sum.category}`, sum]))
  for (const sum of second.days) {
    addTo(daySums, `${sum.farmDay} ${sum.board} ${sum.category}`, sum, (known) => ({
      ...known,
      proofs: known.proofs + sum.proofs,
      coins: known.coins + sum.coins,
      work: known.work + sum.work
    }))
  }
  return { ...second, categories: [...categorySums.values()], days: [...daySums.values()] }
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Days in the order in which they are spelled. */
export const inOrder = (days: ReadonlyArray<DaySum>): ReadonlyArray<DaySum> =>
  days.toSorted(
    (a, b) =>
      byText(a.farmDay, b.farmDay) ||
      byText(a.board, b.board) ||
      categories.indexOf(a.category) - categories.indexOf(b.category)
  )

/** All sums as canonical JSON, rows in one order: equal projections give equal bytes. */
export const projectionBytes = ({
  categories: categorySums,
  days,
  totals
}: Pick<ProjectionChange, "totals" | "categories" | "days">): string =>
  canonicalJson({
    totals,
    categories: categorySums.toSorted(
      (a, b) => byText(a.board, b.board) || categories.indexOf(a.category) - categories.indexOf(b.category)
    ),
    days: inOrder(days)
  })
