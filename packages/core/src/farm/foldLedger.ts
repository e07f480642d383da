/** Scores the lines of a ledger from nothing but what is stored, a page at a time. */
import { parseProof } from "@farmops/proof/verify"
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import type { ScoringDetail } from "../scoring/scoreProof.ts"
import { BodiesArchived } from "./archive/BodiesArchived.ts"
import { joinChanges, type ProjectionChange, projectEntries } from "./FarmProjection.ts"
import type { LedgerEntry, ProofEntry } from "./FarmTotals.ts"
import type { FoldStart } from "./foldStart.ts"
import { LedgerUnavailable } from "./LedgerUnavailable.ts"
import { readFacts } from "./readFacts.ts"
import { SqlCount } from "./SqlCount.ts"
import { ActiveShop } from "./shop/ActiveShop.ts"
import { type ProofStanding, voidCauses } from "./trust/voidFold.ts"

/** A proof's row beside what the replay makes of it. */
export interface FoldedProof {
  readonly position: number
  readonly stored: ProofStanding & { readonly coins: number; readonly detail: string | null }
  readonly replayed: ProofStanding & { readonly detail: ScoringDetail }
}

/** How the lines are walked. */
export interface FoldHow<E, R> {
  /** What became of the proof at a position; null takes each row at its word. */
  readonly standing: ((position: number) => ProofStanding) | null
  /** Where to stop, before this position; the ledger's end unless told. */
  readonly until?: number
  /** Lines that are held in memory, and scored, at once. */
  readonly pageLines?: number
  /** Gets each page of proofs as it goes. */
  readonly onPage: (proofs: ReadonlyArray<FoldedProof>) => Effect.Effect<void, E, R>
}

const decodeRows = Schema.decodeUnknownEffect(
  Schema.Array(
    Schema.Struct({
      position: SqlCount,
      branch: SqlCount,
      line: Schema.NullOr(Schema.String),
      coins: SqlCount,
      scoring_detail: Schema.NullOr(Schema.String),
      received_at: Schema.String,
      void: Schema.NullOr(Schema.Literals(voidCauses))
    })
  )
)

type Row = Effect.Success<ReturnType<typeof decodeRows>>[number]

const entryOf = Effect.fnUntraced(function* ({ line, position, received_at }: Row, isVoid: boolean) {
  if (line === null) return yield* new BodiesArchived({ position })
  const parsed = parseProof(line)
  if (!parsed.ok) return yield* new LedgerUnavailable({ cause: `a stored proof is damaged: ${parsed.fault.code}` })
  const entry: ProofEntry = { position, proof: parsed.value.proof, receivedAt: received_at, isVoid }
  return entry
})

const byPosition = (a: LedgerEntry, b: LedgerEntry): number => a.position - b.position

/** Sums the ledger up in its order, from `start` on. */
export const foldLedger = Effect.fnUntraced(function* <E, R>(
  start: FoldStart,
  { onPage, pageLines = 1000, standing, until = Number.MAX_SAFE_INTEGER }: FoldHow<E, R>
) {
  const sql = yield* SqlClient.SqlClient
  const { achievements } = yield* ActiveShop
  const standingOf = (row: Row): ProofStanding => (standing === null ? row : standing(row.position))
  const facts = yield* readFacts(start.size, until)
  let next = 0
  let change: ProjectionChange = start.change
  for (let position = start.size - 1; ; ) {
    const rows = yield* decodeRows(
      yield* sql`SELECT position, branch, line, coins, scoring_detail, received_at, void FROM tracker_proof
        WHERE position > ${position} AND position < ${until} ORDER BY position LIMIT ${pageLines}`
    )
    const isLast = rows.length < pageLines
    position = rows.at(-1)?.position ?? position
    const proofs = yield* Effect.forEach(rows, (row) => entryOf(row, standingOf(row).void !== null))
    const from = next
    while (next < facts.length && (isLast || (facts[next]?.position ?? 0) < position)) next++
    const entries: ReadonlyArray<LedgerEntry> = [...proofs, ...facts.slice(from, next)].sort(byPosition)
    const page = projectEntries(change.totals, entries, { achievements })
    change = joinChanges(change, page)
    const folded = rows.flatMap((row, index) => {
      const detail = page.details[index]
      if (detail === undefined) return []
      const { branch, coins, position: at, scoring_detail, void: cause } = row
      const stored = { branch, void: cause, coins, detail: scoring_detail }
      const now = standingOf(row)
      return [{ position: at, stored, replayed: { branch: now.branch, void: now.void, detail } }]
    })
    yield* onPage(folded)
    if (isLast) return change
  }
})
