/** Replays the ledger and compares every reward, every mark and every sum with what is stored. */
import { Effect } from "effect"
import { projectionBytes } from "../FarmProjection.ts"
import { type FoldedProof, foldLedger } from "../foldLedger.ts"
import { foldAfterArchives } from "../foldStart.ts"
import { readCategories, readDays, readTotals } from "../ProjectionStore.ts"
import { readStandings } from "../trust/readStandings.ts"
import type { DifferenceList } from "./AuditReport.ts"

const comparePage = (proofs: ReadonlyArray<FoldedProof>, found: DifferenceList): void => {
  for (const { position, replayed, stored } of proofs) {
    const differs = [
      ["branch", stored.branch === replayed.branch],
      ["void", stored.void === replayed.void],
      ["coins", stored.coins === replayed.detail.coins],
      ["scoring_detail", stored.detail === JSON.stringify(replayed.detail)]
    ] as const
    for (const [name, same] of differs) {
      if (!same) found.add("column", `position ${position}`, `its column ${name} is not what a replay gives`)
    }
  }
}

/** Differences of rewards are differences too where somebody changed the rules and did not rebuild. */
export const auditSums = Effect.fnUntraced(function* (found: DifferenceList) {
  const standings = yield* readStandings
  const change = yield* foldLedger(yield* foldAfterArchives(standings), {
    standing: standings.standing,
    onPage: (proofs) => Effect.sync(() => comparePage(proofs, found))
  })
  const stored = yield* readTotals()
  const bytes =
    stored === null
      ? ""
      : projectionBytes({ totals: stored.totals, categories: yield* readCategories(), days: yield* readDays("") })
  if (bytes !== projectionBytes(change)) {
    found.add("sums", "the farm", "its sums are not those of a replay of its proofs")
  }
})
