/** Scores a whole ledger from nothing but its stored lines, a page at a time. */
import { parseProof } from "@farmops/proof/verify"
import { Effect, Runtime, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { exitCodes } from "../host/exitCodes.ts"
import type { ScoringDetail } from "../scoring/scoreProof.ts"
import { type ReplayBase, readReplayBase } from "./archive/ArchiveStore.ts"
import { joinChanges, type ProjectionChange, projectEntries } from "./FarmProjection.ts"
import {
  afterFact,
  emptyTotals,
  type FactEntry,
  type FarmTotals,
  type LedgerEntry,
  type ProofEntry
} from "./FarmTotals.ts"
import { LedgerSettings } from "./LedgerSettings.ts"
import { LedgerUnavailable } from "./LedgerUnavailable.ts"
import { readFacts } from "./readFacts.ts"
import { SqlCount } from "./SqlCount.ts"
import { ActiveShop } from "./shop/ActiveShop.ts"
import { type ProofStanding, voidCauses } from "./trust/voidFold.ts"

/** Bodies that would have to be scored again were moved to an archive file. */
export class BodiesArchived extends Schema.TaggedError<BodiesArchived>()("BodiesArchived", {
  /** The position of the first of them. */
  position: Schema.Int
}) {
  override get message() {
    return `the ledger's proofs from line ${this.position} on are in an archive file; restore it first`
  }
  override readonly [Runtime.errorExitCode] = exitCodes.dataInvalid
}

/** A proof's row beside what the replay makes of it. */
export interface FoldedProof {
  readonly position: number
  readonly stored: ProofStanding & { readonly coins: number; readonly detail: string | null }
  readonly replayed: ProofStanding & { readonly detail: ScoringDetail }
}

/** Lines that are held in memory at once. */
const pageLines = 1000

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

/** Marks that are held in memory at once. */
const pageMarks = 10_000

const decodeMarks = Schema.decodeUnknownEffect(
  Schema.Array(
    Schema.Struct({ position: SqlCount, branch: SqlCount, void: Schema.NullOr(Schema.Literals(voidCauses)) })
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

const byPosition = (a: LedgerEntry, b: LedgerEntry): number => a.position - b.position

/** The totals over archived lines, with what the owner's facts of that time come to: those never left. */
const baseTotals = (
  totals: ReplayBase["change"]["totals"],
  { calendar, holdings, rules }: FarmTotals,
  facts: ReadonlyArray<FactEntry>
): FarmTotals => ({
  ...totals,
  ...facts.reduce((known, { at, fact }) => afterFact(known, fact, at), { calendar, holdings, rules })
})

/** Sums the ledger up in its order, from its archives on and before position `until`, and hands each page of proofs on as it goes. */
export const foldLedger = Effect.fnUntraced(function* <E, R>(
  standing: (position: number) => ProofStanding,
  onPage: (proofs: ReadonlyArray<FoldedProof>) => Effect.Effect<void, E, R>,
  until = Number.MAX_SAFE_INTEGER
) {
  const sql = yield* SqlClient.SqlClient
  const { achievements } = yield* ActiveShop
  const base = yield* readReplayBase
  const size = base?.size ?? 0
  if (base !== null) yield* checkArchived(size, standing)
  const facts = yield* readFacts(until)
  let next = facts.filter(({ position }) => position < size).length
  const nothing: ProjectionChange = {
    totals: emptyTotals(yield* LedgerSettings, achievements),
    details: [],
    categories: [],
    days: []
  }
  let change: ProjectionChange =
    base === null
      ? nothing
      : { ...base.change, totals: baseTotals(base.change.totals, nothing.totals, facts.slice(0, next)) }
  for (let position = size - 1; ; ) {
    const rows = yield* decodeRows(
      yield* sql`SELECT position, branch, line, coins, scoring_detail, received_at, void FROM tracker_proof
        WHERE position > ${position} AND position < ${until} ORDER BY position LIMIT ${pageLines}`
    )
    const isLast = rows.length < pageLines
    position = rows.at(-1)?.position ?? position
    const proofs = yield* Effect.forEach(rows, (row) => entryOf(row, standing(row.position).void !== null))
    const from = next
    while (next < facts.length && (isLast || (facts[next]?.position ?? 0) < position)) next++
    const entries: ReadonlyArray<LedgerEntry> = [...proofs, ...facts.slice(from, next)].sort(byPosition)
    const page = projectEntries(change.totals, entries, { achievements })
    change = joinChanges(change, page)
    const folded = rows.flatMap(({ branch, coins, position: at, scoring_detail, void: cause }, index) => {
      const detail = page.details[index]
      if (detail === undefined) return []
      const stored = { branch, void: cause, coins, detail: scoring_detail }
      return [{ position: at, stored, replayed: { ...standing(at), detail } }]
    })
    yield* onPage(folded)
    if (isLast) return change
  }
})
