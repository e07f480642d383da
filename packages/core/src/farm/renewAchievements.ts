/**
 * Folds achievements over a whole ledger from its stored lines and rewards: once after an upgrade to a version that knows
 * achievements, or other ones. Every later change goes on from there.
 */
import { parseProof } from "@farmops/proof/verify"
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { ScoringDetail } from "../scoring/scoreProof.ts"
import { readReplayBase } from "./archive/ArchiveStore.ts"
import { type AchievementState, emptyAchievementState } from "./economy/AchievementState.ts"
import { achievementsAfter, isOfSet } from "./economy/achievementsAfter.ts"
import { applyFact } from "./economy/applyFact.ts"
import { emptyHoldings, type Holdings } from "./economy/Holdings.ts"
import { type AchievementEntry, paidWorkOf } from "./economy/PaidWork.ts"
import { isEconomyFact } from "./FarmFact.ts"
import type { FactEntry } from "./FarmTotals.ts"
import { LedgerUnavailable } from "./LedgerUnavailable.ts"
import { dropMilestonesFrom } from "./milestones/MilestoneStore.ts"
import { readTotals, writeAchievements } from "./ProjectionStore.ts"
import { readFacts } from "./readFacts.ts"
import { SqlCount } from "./SqlCount.ts"
import { ActiveShop } from "./shop/ActiveShop.ts"
import { underFarmLock } from "./underFarmLock.ts"

/** Lines that are held in memory at once. */
const pageLines = 1000

const decodeRows = Schema.decodeUnknownEffect(
  Schema.Array(
    Schema.Struct({
      position: SqlCount,
      line: Schema.String,
      scoring_detail: Schema.fromJsonString(ScoringDetail),
      received_at: Schema.String
    })
  )
)

type Row = Effect.Success<ReturnType<typeof decodeRows>>[number]

const workOf = Effect.fnUntraced(function* ({ line, scoring_detail }: Row) {
  const parsed = parseProof(line)
  if (!parsed.ok) return yield* new LedgerUnavailable({ cause: `a stored proof is damaged: ${parsed.fault.code}` })
  return paidWorkOf(parsed.value.proof, scoring_detail)
})

/** Walks the owner's facts beside the proofs, in their one order. */
const factsBeside = (facts: ReadonlyArray<FactEntry>) => {
  let holdings: Holdings = emptyHoldings
  let next = 0
  return {
    holdings: () => holdings,
    before: (end: number): ReadonlyArray<AchievementEntry> => {
      const passed: Array<AchievementEntry> = []
      for (let entry = facts[next]; entry !== undefined && entry.position < end; entry = facts[++next]) {
        const { at, fact, position } = entry
        if (isEconomyFact(fact)) holdings = applyFact(holdings, fact, at)
        passed.push({ position, at, holdings, work: null })
      }
      return passed
    }
  }
}

const foldAll = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { achievements: set } = yield* ActiveShop
  const base = yield* readReplayBase
  const known = base?.change.totals.achievements ?? null
  let state: AchievementState | null = isOfSet(known, set) ? known : emptyAchievementState(set)
  const facts = factsBeside(yield* readFacts())
  // Archived lines are in the state that was kept with them.
  facts.before(base?.size ?? 0)
  for (let after = (base?.size ?? 0) - 1; ; ) {
    const rows = yield* decodeRows(
      yield* sql`SELECT position, line, scoring_detail, received_at FROM tracker_proof
        WHERE position > ${after} ORDER BY position LIMIT ${pageLines}`
    )
    const entries: Array<AchievementEntry> = []
    for (const row of rows) {
      entries.push(...facts.before(row.position))
      const work = yield* workOf(row)
      entries.push({ position: row.position, at: row.received_at, holdings: facts.holdings(), work })
    }
    const isLast = rows.length < pageLines
    if (isLast) entries.push(...facts.before(Number.MAX_SAFE_INTEGER))
    state = achievementsAfter(set, state, entries)
    after = rows.at(-1)?.position ?? after
    if (isLast) return state
  }
})

/**
 * The same where the lines of an archive came back that has no achievements of the active set: what came after it began from
 * nothing. Inside the caller's transaction, under the farm's lock.
 */
export const refoldAchievements = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* writeAchievements(yield* foldAll)
  // They have the achievements of before.
  yield* dropMilestonesFrom(0)
  // Whoever remembers the totals has to read them again.
  yield* sql`UPDATE tracker_farm SET revision = revision + 1 WHERE id = 1`
})

const isRenewed = Effect.gen(function* () {
  const stored = yield* readTotals()
  return stored === null || isOfSet(stored.totals.achievements, (yield* ActiveShop).achievements)
})

/** Makes the stored achievements those of the active set. Needs a founded farm; costs one read of a row where they are already. */
export const renewAchievements = Effect.gen(function* () {
  if (yield* isRenewed) return
  yield* underFarmLock(
    Effect.gen(function* () {
      // Another process may have done it meanwhile.
      if (yield* isRenewed) return
      yield* writeAchievements(yield* foldAll)
      yield* dropMilestonesFrom(0)
    })
  )
})
