/** What an audit found: facts for a program, a sentence for a person. Says no more than was looked at. */
import type { AuditLevel } from "@farmops/proof/auditVerdict"
import type { VerifyBackend } from "@farmops/proof/strictEd25519"
import type { FarmKeyRow } from "../keys/readFarmKeys.ts"

/** What differs. Each kind is something that somebody could have changed. */
export type DifferenceKind =
  | "line_missing"
  | "line_damaged"
  | "column"
  | "chain"
  | "event"
  | "tile"
  | "checkpoint"
  | "head"
  | "sums"
  | "archive"

/** One difference between what is stored and what the stored bytes say. `detail` never repeats a stored value. */
export interface Difference {
  readonly kind: DifferenceKind
  /** Where: a position of the ledger, an agent, a tile, a size. */
  readonly place: string
  readonly detail: string
}

/** The first differences are enough to know where to look; a damaged ledger may have a million. */
export const differencesMax = 20

/** The report. The ledger holds when `differences` is 0. */
export interface AuditReport {
  readonly level: AuditLevel
  readonly proofs: number
  readonly events: number
  readonly agents: number
  /** Proofs whose bodies lie in an archive: of these the ledger holds hashes, ids and coins. */
  readonly archived: number
  readonly checkpoints: number
  /** Lines that the last checkpoint signs. */
  readonly signed: number
  /** How many differ in all. */
  readonly differences: number
  /** At most {@link differencesMax} of them, in the order in which they were met. */
  readonly first: ReadonlyArray<Difference>
  /** How many there are of each kind that was met. */
  readonly kinds: Partial<Record<DifferenceKind, number>>
  /** What is known now, in sentences. */
  readonly proves: ReadonlyArray<string>
}

/** Collects differences, and forgets all but the first. */
export interface DifferenceList {
  readonly add: (kind: DifferenceKind, place: string, detail: string) => void
  readonly count: () => number
  readonly first: () => ReadonlyArray<Difference>
  readonly kinds: () => Partial<Record<DifferenceKind, number>>
}

/** An empty list. */
export const makeDifferenceList = (): DifferenceList => {
  const first: Array<Difference> = []
  const kinds: Partial<Record<DifferenceKind, number>> = {}
  let count = 0
  return {
    add: (kind, place, detail) => {
      count++
      kinds[kind] = (kinds[kind] ?? 0) + 1
      if (first.length < differencesMax) first.push({ kind, place, detail })
    },
    count: () => count,
    first: () => first,
    kinds: () => kinds
  }
}

/** Whose ledger it must be, and where what differs is told. */
export interface AuditTrust {
  readonly farmId: string
  /** Every key that the tracker had, and the rotations between them. */
  readonly keys: FarmKeyRow
  readonly backend: VerifyBackend
  readonly found: DifferenceList
}
