/** The kinds of work that a state tells apart, by number. Bounded: when the table is full, kinds that nobody counts any more make room. */
import type { OpenBoard } from "./OpenBoard.ts"
import { kindsMax } from "./ScoringState.ts"

/** Where all kinds count together that find no room in the table. */
export const overflowKind = -1

// Up to here a search costs less than an index.
const searchesMax = 4

/** See above. Made from a state's list, which it leaves as it is. */
export class KindTable {
  #kinds: Array<string>
  #index: Map<string, number> | null = null
  #searches = 0
  /** Whether every kind of a full table is known to be counted. */
  #isFull = false
  /** As it is to be stored, where that is known. */
  #closed: ReadonlyArray<string> | null

  constructor(kinds: ReadonlyArray<string>) {
    this.#kinds = [...kinds]
    this.#closed = kinds
  }

  /** A kind's number. A kind that is new gets one, and the kinds that no day of the boards counts may lose theirs. */
  numberOf(kind: string, boards: ReadonlyArray<OpenBoard>): number {
    const known = this.#find(kind)
    if (known !== undefined) return known
    if (this.#kinds.length >= kindsMax && !this.#isFull) this.#forgetUnused(boards)
    if (this.#kinds.length >= kindsMax) {
      this.#isFull = true
      return overflowKind
    }
    this.#closed = null
    this.#index?.set(kind, this.#kinds.length)
    return this.#kinds.push(kind) - 1
  }

  /** Says that a day was dropped, and perhaps the last that counted a kind. */
  dayDropped(): void {
    this.#isFull = false
  }

  /** As it is to be stored. */
  close(): ReadonlyArray<string> {
    this.#closed ??= [...this.#kinds]
    return this.#closed
  }

  #find(kind: string): number | undefined {
    if (this.#index === null && this.#searches++ < searchesMax) {
      const found = this.#kinds.indexOf(kind)
      return found < 0 ? undefined : found
    }
    this.#index ??= new Map(this.#kinds.map((known, at) => [known, at]))
    return this.#index.get(kind)
  }

  /** Keeps those that some day counts, renumbered in their old order. */
  #forgetUnused(boards: ReadonlyArray<OpenBoard>): void {
    const used = new Set<number>()
    for (const board of boards) board.eachKind((kind) => used.add(kind))
    const kept = this.#kinds.map((_, at) => at).filter((at) => used.has(at))
    if (kept.length === this.#kinds.length) return
    const renumbered = new Map(kept.map((before, at) => [before, at]))
    for (const board of boards) board.renumber((kind) => renumbered.get(kind) ?? overflowKind)
    this.#kinds = kept.map((at) => this.#kinds[at] ?? "")
    this.#closed = null
    this.#index = null
  }
}
