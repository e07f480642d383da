/** One more fact of the farm's owner: its event and what it does to the sums, in the caller's transaction under the farm's lock. */
import { Effect } from "effect"
import type { FarmFact } from "./FarmFact.ts"
import { projectEntries } from "./FarmProjection.ts"
import type { FarmTotals } from "./FarmTotals.ts"
import { LedgerUnavailable } from "./LedgerUnavailable.ts"
import { addChange, readTotals, type StoredTotals } from "./ProjectionStore.ts"
import { ActiveShop } from "./shop/ActiveShop.ts"
import { appendEvent } from "./trust/LedgerEvent.ts"

/** What the decision is made on: the totals as of this transaction. */
export const presentTotals = Effect.gen(function* () {
  return (yield* readTotals()) ?? (yield* new LedgerUnavailable({ cause: "the farm's totals are missing" }))
})

/** A fact that is in the ledger, and the totals after it. */
export interface AppendedFact {
  readonly position: number
  readonly at: string
  readonly totals: FarmTotals
}

/** Puts a fact at the end of the ledger. `stored` is what {@link presentTotals} gave in this transaction. */
export const appendFact = Effect.fnUntraced(function* (stored: StoredTotals, fact: FarmFact) {
  const { achievements } = yield* ActiveShop
  const { at, position } = yield* appendEvent(fact)
  const change = projectEntries(stored.totals, [{ position, at, fact }], { achievements })
  yield* addChange(stored.revision + 1, change, stored.totals)
  const appended: AppendedFact = { position, at, totals: change.totals }
  return appended
})
