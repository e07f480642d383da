/** How long a person waits for the farm's page at the second `npm start`, and where the time goes. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { begin, end, freePorts, makeRepository, type Program, pause } from "./program.ts"
import { median, type Report, rounded } from "./report.ts"

const rounds = 3

const empty: Program = { name: "empty Node process", args: ["-e", "console.log('ready')"], readyUrl: null }

export const run = async (): Promise<Report> => {
  const folder = mkdtempSync(join(tmpdir(), "farmops-bench-"))
  const repository = join(folder, "repository")
  makeRepository(repository)
  const [port = 0] = await freePorts(1)
  const flags = ["--data", join(folder, "data"), "--repo", repository, "--port-base", String(port)]
  const readyUrl = `http://127.0.0.1:${port}/`
  const program = resolve("hosts/cli/bin/farmops.js")
  const programs: ReadonlyArray<Program> = [
    empty,
    { name: "npm start", command: "npm", args: ["start", "--", ...flags], readyUrl },
    { name: "farmops up, from sources", args: ["--conditions=@farmops/source", program, "up", ...flags], readyUrl }
  ]
  const times = new Map<string, Array<number>>(programs.map(({ name }) => [name, []]))
  try {
    // The first start makes the data folder; people do that once.
    for (let round = -1; round < rounds; round++) {
      for (const each of programs) {
        const { child, startMs } = await begin(each)
        if (round >= 0) times.get(each.name)?.push(startMs)
        await end(child)
        await pause(100)
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
  const of = (name: string) => median(times.get(name) ?? [])
  return {
    ratios: {
      npm_start_vs_bare_node: rounded(of("npm start") / of(empty.name)),
      up_vs_bare_node: rounded(of("farmops up, from sources") / of(empty.name))
    },
    rows: programs.map(({ name }) => ({ program: name, until_page_ms: Math.round(of(name)) })),
    notes: [`Node ${process.version}, medians of ${rounds} rounds taken in turn, data folder already there.`]
  }
}
