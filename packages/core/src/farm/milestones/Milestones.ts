/**
 * Keeps milestones while the ledger grows. The sums are read as of one moment and written in a transaction of their own, never
 * in one that a proof waits for; what was judged anew in between is written by nobody.
 */
import { canonicalJson } from "@farmops/proof/canonicalJson"
import { Context, Effect, Layer, PubSub } from "effect"
import { SqlClient } from "effect/sql"
import { afterCommits } from "../afterCommits.ts"
import { type CategorySum, type DaySum, inOrder, projectionBytes } from "../FarmProjection.ts"
import type { FarmTotals } from "../FarmTotals.ts"
import { readLength } from "../history/ledgerMoments.ts"
import { orLedgerUnavailable } from "../LedgerUnavailable.ts"
import { daysOf, readCategories, readDayRows, readTotals } from "../ProjectionStore.ts"
import { ProofIntake } from "../ProofIntake.ts"
import { milestoneLines } from "../rebuildProjection.ts"
import { underFarmLock } from "../underFarmLock.ts"
import { milestoneSizes, writeMilestone } from "./MilestoneStore.ts"

interface StoredSums {
  readonly totals: FarmTotals
  readonly categories: ReadonlyArray<CategorySum>
  readonly rows: ReadonlyArray<unknown>
}

/** The stored sums, which are those over all lines of the moment. */
const readSums = Effect.gen(function* () {
  const { entries, settled } = yield* readLength
  const stored = yield* readTotals()
  const sums =
    stored === null
      ? null
      : { totals: stored.totals, categories: yield* readCategories(), rows: yield* readDayRows("") }
  return { entries, settled, sums }
})

/** Days that are decoded or spelled before intake gets its turn: some milliseconds. */
const pageDays = 500

/** What `projectionBytes` gives for the sums, a page of days at a time. */
const stateOf = Effect.fnUntraced(function* ({ categories, rows, totals }: StoredSums) {
  const days: Array<DaySum> = []
  for (let at = 0; at < rows.length; at += pageDays) {
    days.push(...(yield* daysOf(rows.slice(at, at + pageDays))))
    yield* Effect.yieldNow
  }
  const ordered = inOrder(days)
  const texts: Array<string> = []
  for (let at = 0; at < ordered.length; at += pageDays) {
    texts.push(canonicalJson(ordered.slice(at, at + pageDays)).slice(1, -1))
    yield* Effect.yieldNow
  }
  const around = projectionBytes({ totals, categories, days: [] })
  // The key stands before `totals`, and no category has one like it.
  const place = around.indexOf('"days":[') + '"days":['.length
  return around.slice(0, place) + texts.join(",") + around.slice(place)
})

const make = Effect.fnUntraced(function* (everyLines: number) {
  const sql = yield* SqlClient.SqlClient
  const snapshotBegin = sql.onDialectOrElse({
    pg: () => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    orElse: () => undefined
  })

  const isDue = Effect.gen(function* () {
    const newest = (yield* milestoneSizes).at(-1) ?? 0
    return (yield* readLength).entries - newest >= everyLines
  })

  const keep = Effect.gen(function* () {
    if (!(yield* isDue)) return false
    const { entries, settled, sums } = yield* sql
      .withTransaction(readSums)
      .pipe(Effect.provideService(SqlClient.BeginTransaction, snapshotBegin))
    if (sums === null) return false
    const state = yield* stateOf(sums)
    return yield* underFarmLock(
      Effect.gen(function* () {
        // A recovery or a revocation since may have taken back what these sums have.
        if ((yield* readLength).settled !== settled || !(yield* isDue)) return false
        yield* writeMilestone(entries, state)
        return true
      })
    )
  }).pipe(Effect.provideService(SqlClient.SqlClient, sql), orLedgerUnavailable, Effect.withSpan("Milestones.keep"))

  return {
    /** Keeps a milestone where the newest is far behind; answers whether it did. */
    keep
  } as const
})

/** The only one that adds milestones while a tracker runs. */
export class Milestones extends Context.Service<Milestones, Effect.Success<ReturnType<typeof make>>>()(
  "@farmops/core/farm/milestones/Milestones"
) {
  /** Needs the tables of `ledgerMigrations`. */
  static readonly layer = (everyLines = milestoneLines): Layer.Layer<Milestones, never, SqlClient.SqlClient> =>
    Layer.effect(this, make(everyLines))
}

/** Keeps milestones at the start and after commits, until the scope closes. */
export const layerKeepMilestones: Layer.Layer<never, never, Milestones | ProofIntake> = Layer.effectDiscard(
  Effect.gen(function* () {
    const milestones = yield* Milestones
    const { committed } = yield* ProofIntake
    const commits = yield* PubSub.subscribe(committed)
    const attempt = Effect.catchTag(milestones.keep, "LedgerUnavailable", () =>
      Effect.logWarning("no milestone could be kept now; the next commit tries again")
    )
    yield* Effect.forkScoped(afterCommits(attempt, commits))
  })
)
