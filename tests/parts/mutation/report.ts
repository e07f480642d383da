/** Counts what became of the mutants and says which survived. */
import type { Mutant } from "./instrument.ts"
import type { Ledger } from "./Ledger.ts"

export interface Score {
  readonly mutants: number
  readonly killed: number
  readonly survived: number
  readonly timeout: number
  readonly no_coverage: number
  /** Percent of the mutants that were killed or did not end. */
  readonly score: number
}

type Verdict = "killed" | "survived" | "timeout" | "no_coverage"

export const verdictOf = (ledger: Ledger, { id }: Mutant): Verdict => {
  const fate = ledger.fates.get(id) ?? "open"
  if (fate !== "open") return fate
  return ledger.isReached(id) ? "survived" : "no_coverage"
}

export const scoreOf = (ledger: Ledger, mutants: ReadonlyArray<Mutant>): Score => {
  const count = { killed: 0, survived: 0, timeout: 0, no_coverage: 0 }
  for (const mutant of mutants) count[verdictOf(ledger, mutant)]++
  const score = mutants.length === 0 ? 100 : (100 * (count.killed + count.timeout)) / mutants.length
  return { mutants: mutants.length, ...count, score: Math.round(score * 100) / 100 }
}

const oneLine = (text: string): string => {
  const line = text.replace(/\s+/g, " ")
  return line.length > 110 ? `${line.slice(0, 107)}…` : line
}

/** `line:column Mutator: before → after`. */
export const describe = ({ location, mutatorName, replacement }: Mutant, source: string): string => {
  const lines = source.split("\n")
  const { end, start } = location
  const before =
    start.line === end.line
      ? (lines[start.line] ?? "").slice(start.column, end.column)
      : [(lines[start.line] ?? "").slice(start.column), ...lines.slice(start.line + 1, end.line + 1)].join(" ")
  return `${start.line + 1}:${start.column + 1} ${mutatorName}: ${oneLine(before)} → ${oneLine(replacement)}`
}
