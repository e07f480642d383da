/**
 * `npm run bench -- NAME`: runs one benchmark, prints its table, and as the last line one JSON object
 * `{"bench", "ratios", "rows"}`. Ratios are against a peer or a limit that was measured in the same run.
 */
import { globSync } from "node:fs"
import { basename } from "node:path"
import { pathToFileURL } from "node:url"
import { type Bench, drawTable } from "./report.ts"

const folder = new URL(".", import.meta.url).pathname
const names = globSync("*.bench.ts", { cwd: folder })
  .map((file) => basename(file, ".bench.ts"))
  .sort()

const [name, ...args] = process.argv.slice(2)
if (name === undefined || !names.includes(name)) {
  console.error(`usage: npm run bench -- NAME\n${names.map((known) => `  ${known}`).join("\n")}`)
  process.exitCode = 64
} else {
  // The list above is the folder's own content, so this reaches a benchmark and nothing else.
  const { run } = (await import(pathToFileURL(`${folder}${name}.bench.ts`).href)) as Bench
  const report = await run(args)
  console.log(drawTable(report.rows))
  for (const note of report.notes) console.log(note)
  console.log(JSON.stringify({ bench: name, ratios: report.ratios, rows: report.rows }))
}
