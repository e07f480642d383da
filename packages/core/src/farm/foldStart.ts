/** Where a walk over the ledger begins: from nothing, after its archives, or at a milestone. */
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { type ReplayBase, readReplayBase } from "./archive/ArchiveStore.ts"
import { BodiesArchived } from "./archive/BodiesArchived.ts"
import { isOfSet } from "./economy/achievementsAfter.ts"
import type { ProjectionChange } from "./FarmProjection.ts"
import { afterFact, emptyTotals, type FactEntry, type FarmTotals } from "./FarmTotals.ts"
import { LedgerSettings } from "./LedgerSettings.ts"
import { newestMilestone } from "./milestones/MilestoneStore.ts"
import { readFacts } from "./readFacts.ts"
import { SqlCount } from "./SqlCount.ts"
import { ActiveShop } from "./shop/ActiveShop.ts"
import type { Standings } from "./trust/readStandings.ts"
import { type ProofStanding, voidCauses } from "./trust/voidFold.ts"

/** The sums over the lines before position `size`. */
export interface FoldStart {
  readonly size: number
  readonly change: ProjectionChange
}

/** Marks that are held in memory at once. */
const pageMarks = 10_000

const decodeMarks = Schema.decodeUnknownEffect(
  Schema.Array(
    Schema.Struct({ position: SqlCount, branch: SqlCount, void: Schema.NullOr(Schema.Literals(voidCauses)) })
  )
)

/** The sums over archived lines can be started from only while the same of their proofs count as when they were archived. */
const checkArchived = Effect.fnUntraced(function* (size: number, standing: (position: number) => ProofStanding) {
  const sql = yield* SqlClient.SqlClient
  for (let after = -1; ; ) {
    const rows = yield* decodeMarks(
      yield* sql`SELECT position, branch, void FROM tracker_proof
        WHERE position > ${after} AND position < ${size} ORDER BY position LIMIT ${pageMarks}`
    )
    for (const { branch, position, void: cause } of rows) {
      const now = standing(position)
      if (now.branch !== branch || now.void !== cause) return yield* new BodiesArchived({ position })
    }
    after = rows.at(-1)?.position ?? after
    if (rows.length < pageMarks) return
  }
})

/** The totals over archived lines, with what the owner's facts of that time come to: those never left. */
const baseTotals = (
  totals: ReplayBase["change"]["totals"],
  { calendar, holdings, rules }: FarmTotals,
  facts: ReadonlyArray<FactEntry>
): FarmTotals => ({
  ...totals,
  ...facts.reduce((known, { at, fact }) => afterFact(known, fact, at), { calendar, holdings, rules })
})

/** Before the first line. */
export const foldNothing = Effect.gen(function* () {
  const { achievements } = yield* ActiveShop
  const totals = emptyTotals(yield* LedgerSettings, achievements)
  const start: FoldStart = { size: 0, change: { totals, details: [], categories: [], days: [] } }
  return start
})

/** After the lines that are away; from nothing where none is. */
export const foldAfterArchives = Effect.fnUntraced(function* ({ standing }: Pick<Standings, "standing">) {
  const nothing = yield* foldNothing
  const base = yield* readReplayBase
  if (base === null) return nothing
  yield* checkArchived(base.size, standing)
  const totals = baseTotals(base.change.totals, nothing.change.totals, yield* readFacts(0, base.size))
  const start: FoldStart = { size: base.size, change: { ...base.change, totals } }
  return start
})

/** At the newest milestone with `after` < size ≤ `until`; null where there is none that this version can go on from. */
export const foldFromMilestone = Effect.fnUntraced(function* (after: number, until: number) {
  const { achievements } = yield* ActiveShop
  const milestone = yield* newestMilestone(after, until)
  if (milestone === null || !isOfSet(milestone.change.totals.achievements, achievements)) return null
  const start: FoldStart = milestone
  return start
})

/** At the newest milestone that all proofs before still stand as they did for, else as {@link foldAfterArchives}. */
export const foldFromNewest = Effect.fnUntraced(function* (standings: Standings) {
  const archived = (yield* readReplayBase)?.size ?? 0
  const until = standings.firstOther ?? Number.MAX_SAFE_INTEGER
  return (yield* foldFromMilestone(archived, until)) ?? (yield* foldAfterArchives(standings))
})
