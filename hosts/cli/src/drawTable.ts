/** Lines up rows for a terminal. Numbers go right, words go left; the last column is cut where the terminal ends. */

/** Control characters of a foreign answer must not reach the terminal. Untrusted: a village's names come from any farmer. */
export const printable = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, "?")

/** A table without borders. `columns` is the terminal's width. */
export const drawTable = (
  head: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<string | number>>,
  columns: number
): string => {
  const cells = rows.map((row) =>
    row.map((cell) => (typeof cell === "number" ? cell.toLocaleString("en") : printable(cell)))
  )
  const widths = head.map((title, i) => Math.max(title.length, ...cells.map((row) => row[i]?.length ?? 0)))
  const numeric = head.map((_, i) => rows.length > 0 && rows.every((row) => typeof row[i] === "number"))
  const line = (row: ReadonlyArray<string>) =>
    row
      .map((cell, i) => (numeric[i] === true ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join("  ")
      .trimEnd()
  const cut = (text: string) => (text.length > columns ? `${text.slice(0, Math.max(columns - 1, 1))}…` : text)
  return [head, ...cells].map(line).map(cut).join("\n")
}
