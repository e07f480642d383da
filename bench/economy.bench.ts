/**
 * Who earns how much in a year, honestly or not, paid by the tracker's own rules: `npm run bench -- economy [--docs]`.
 * Nothing in it depends on the machine; `--docs` writes its table and its plot to `docs/economy.md`.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { personas } from "./economy/personas.ts"
import { docs, plotOf, reportEconomy, withTable } from "./economy/report.ts"
import type { Report } from "./report.ts"

const days = 365

export const run = async (args: ReadonlyArray<string>): Promise<Report> => {
  const report = reportEconomy(days)
  if (args.includes("--docs")) {
    writeFileSync(docs.plot, plotOf(report))
    writeFileSync(docs.page, withTable(readFileSync(docs.page, "utf8"), report))
  }
  return {
    ratios: report.ratios,
    rows: report.rows,
    notes: [
      `${days} days under the default rules; each persona has a farm of their own, and the two colluders share one.`,
      ...personas.map(({ does, name }) => `${name}: ${does}.`)
    ]
  }
}
