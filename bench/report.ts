/** What every benchmark returns, and the arithmetic that they share. */

export type Cell = string | number | null
export type Row = Readonly<Record<string, Cell>>

export interface Report {
  readonly ratios: Readonly<Record<string, number>>
  readonly rows: ReadonlyArray<Row>
  /** How it was measured, in sentences for the person who reads the table. */
  readonly notes: ReadonlyArray<string>
}

/** A benchmark is a module `NAME.bench.ts` that exports `run`. */
export interface Bench {
  readonly run: (args: ReadonlyArray<string>) => Promise<Report>
}

export const median = (values: ReadonlyArray<number>): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length / 2
  const low = sorted[Math.ceil(middle) - 1] ?? Number.NaN
  const high = sorted[Math.floor(middle)] ?? Number.NaN
  return (low + high) / 2
}

/** Three significant digits: what a few rounds can tell. */
export const rounded = (value: number): number => Number(value.toPrecision(3))

const show = (cell: Cell | undefined) => (cell === null || cell === undefined ? "-" : String(cell))

export const drawTable = (rows: ReadonlyArray<Row>): string => {
  const columns = Object.keys(rows[0] ?? {})
  const numeric = (column: string) => rows.every((row) => typeof row[column] !== "string")
  const widths = columns.map((column) => Math.max(column.length, ...rows.map((row) => show(row[column]).length)))
  const line = (cells: ReadonlyArray<string>) =>
    cells
      .map((cell, at) => (numeric(columns[at] ?? "") ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0)))
      .join("  ")
      .trimEnd()
  return [
    line(columns),
    line(widths.map((width) => "─".repeat(width))),
    ...rows.map((row) => line(columns.map((column) => show(row[column]))))
  ].join("\n")
}
