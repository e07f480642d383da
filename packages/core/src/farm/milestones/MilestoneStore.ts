/**
 * The farm's sums at some lengths of its ledger, so that a replay need not start from nothing. A milestone is right as long as
 * no line before its size is judged anew; whoever does that drops it in the same transaction.
 */
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import type { ProjectionChange } from "../FarmProjection.ts"
import { SqlCount } from "../SqlCount.ts"
import { wireNow } from "../wireTime.ts"
import { readState, stateHash } from "./MilestoneState.ts"
import { thinOut } from "./thinOut.ts"

/** The sums over the lines before position `size`. */
export interface Milestone {
  readonly size: number
  readonly change: ProjectionChange
}

const decodeSizes = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ size: SqlCount })))
const decodeTexts = Schema.decodeUnknownEffect(
  Schema.Array(Schema.Struct({ state: Schema.String, sha256: Schema.String }))
)

/** The sizes at which there is one, smallest first. */
export const milestoneSizes = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  return (yield* decodeSizes(yield* sql`SELECT size FROM tracker_milestone ORDER BY size`)).map(({ size }) => size)
})

/** The text at a size and its hash; null where there is none. */
export const readMilestoneText = Effect.fnUntraced(function* (size: number) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* decodeTexts(yield* sql`SELECT state, sha256 FROM tracker_milestone WHERE size = ${size}`)
  return row ?? null
})

/** The newest whole one with `after` < size ≤ `until`. Says of a damaged one that it is passed over. */
export const newestMilestone = Effect.fnUntraced(function* (after: number, until: number) {
  const sizes = (yield* milestoneSizes).filter((size) => size > after && size <= until)
  for (const size of sizes.reverse()) {
    const text = yield* readMilestoneText(size)
    const change = text === null ? null : readState(text.state, text.sha256)
    const milestone: Milestone | null = change === null ? null : { size, change }
    if (milestone !== null) return milestone
    yield* Effect.logWarning("a milestone is damaged or of another version, and is not started from").pipe(
      Effect.annotateLogs({ line: size })
    )
  }
  return null
})

/** Forgets those that a new judgement of the line at `position` reaches behind. Inside the caller's transaction. */
export const dropMilestonesFrom = Effect.fnUntraced(function* (position: number) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`DELETE FROM tracker_milestone WHERE size > ${position}`
})

/** Keeps one, and of too many those that stand most evenly. Inside the caller's transaction, under the farm's lock. */
export const writeMilestone = Effect.fnUntraced(function* (size: number, state: string) {
  const sql = yield* SqlClient.SqlClient
  const row = { size, state, sha256: stateHash(state), created_at: yield* wireNow }
  yield* sql`INSERT INTO tracker_milestone ${sql.insert(row)}
    ON CONFLICT (size) DO UPDATE SET state = excluded.state, sha256 = excluded.sha256`
  for (const dropped of thinOut(yield* milestoneSizes)) {
    yield* sql`DELETE FROM tracker_milestone WHERE size = ${dropped}`
  }
})
