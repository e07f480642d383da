/** A bar on the terminal for work that takes long; nothing where nobody looks. */
import { Effect } from "effect"
import { drawBar } from "./up/BackfillProgress.ts"

/** Draws on standard error, so that data on standard output stays data. */
export const terminalBar = (what: string, isShown: boolean) => {
  let drawn = ""
  return {
    report: (done: number, total: number): void => {
      const bar = drawBar(done, total, what)
      if (!isShown || bar === drawn) return
      drawn = bar
      process.stderr.write(`\r${bar}\x1b[K`)
    },
    clear: Effect.sync(() => {
      if (drawn !== "") process.stderr.write("\r\x1b[K")
    })
  }
}
