/** Shows how far the backlog is: a bar that redraws on a terminal, a line for each tenth elsewhere. */

const barWidth = 28

/** The bar for `done` of `total`, as text. Full only when all is done. */
export const drawBar = (done: number, total: number, what = "growing"): string => {
  const share = total === 0 ? 1 : Math.min(done / total, 1)
  const filled = Math.floor(share * barWidth)
  const percent = Math.floor(share * 100)
  return `${what}  [${"█".repeat(filled)}${"░".repeat(barWidth - filled)}] ${percent}%  ${done}/${total}`
}

/** Decides what to print for each report of progress. `done` never goes back. */
export class BackfillProgress {
  readonly #terminal: boolean
  #tenth = -1
  #drawn = ""

  constructor(options: { readonly terminal: boolean }) {
    this.#terminal = options.terminal
  }

  /** The text to write now, or null when nothing changed that is worth showing. */
  report(done: number, total: number): string | null {
    if (total === 0) return null
    if (this.#terminal) {
      const bar = drawBar(done, total)
      if (bar === this.#drawn) return null
      this.#drawn = bar
      return `\r${bar}\x1b[K`
    }
    const tenth = Math.floor((done / total) * 10)
    if (tenth <= this.#tenth) return null
    this.#tenth = tenth
    return `growing  ${tenth * 10}%  ${done}/${total}\n`
  }

  /** What ends the bar, so that the next line starts on its own. */
  end(): string {
    if (this.#drawn === "") return ""
    this.#drawn = ""
    return "\r\x1b[K"
  }
}
