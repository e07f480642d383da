/** `farmops harness report`: what the harness did or would have done beside what the maintainers did, and the line that lets it act. */
import { NodeServices } from "@effect/platform-node"
import { layerReads } from "@farmops/harness/layer"
import { type RepositoryReport, reportRepository } from "@farmops/triage/review/report"
import { Effect, Layer } from "effect"
import { drawTable } from "./drawTable.ts"
import { orCommandFailed } from "./harnessFailure.ts"
import { type HarnessPlace, layerMemory, loadHarnessFile, routedRepositories } from "./harnessPlace.ts"
import { Printer } from "./Printer.ts"
import { percent } from "./shares.ts"
import { terminalBar } from "./terminalBar.ts"

const differencesShown = 20

const tableOf = ({ types }: RepositoryReport, columns: number) =>
  drawTable(
    ["ACTION", "MODE", "SHADOW", "PROPOSED", "LIVE", "AGREED", "DIFFERED", "PENDING", "AGREEMENT", ""],
    types.map((one) => [
      one.type,
      one.mode,
      one.shadow,
      one.proposed,
      one.live,
      one.agreed,
      one.disagreed,
      one.pending,
      percent(one.agreement),
      one.reason
    ]),
    columns
  )

const flipLines = ({ repo, types }: RepositoryReport): ReadonlyArray<string> =>
  types.flatMap(({ flip, type }) =>
    flip === null
      ? []
      : [`${type} has earned it; in the agent's config of ${repo}:`, ...flip.split("\n").map((line) => `  ${line}`)]
  )

const linesOf = (report: RepositoryReport, columns: number): ReadonlyArray<string> => {
  const { disagreements, gone, issues, repo } = report
  const some = disagreements.slice(0, differencesShown)
  return [
    `${repo}: ${issues} issues${gone === 0 ? "" : `, ${gone} of them gone`}`,
    tableOf(report, columns),
    ...some.map(
      ({ action, issue }) => `  differs: #${issue}  ${action.type}${"label" in action ? ` ${action.label}` : ""}`
    ),
    ...(disagreements.length > some.length ? [`  and ${disagreements.length - some.length} more`] : []),
    ...flipLines(report)
  ]
}

/** Runs the command. Reads the log and GitHub, and writes neither. */
export const harnessReport = Effect.fn("harnessReport")(
  function* (options: HarnessPlace & { readonly last: number }) {
    const printer = yield* Printer
    const file = yield* loadHarnessFile(options)
    const bar = terminalBar("comparing", process.stderr.isTTY && !printer.json)
    const reports = yield* Effect.forEach(routedRepositories(file), ({ agent, rules }) =>
      reportRepository({ rules, ownModes: agent.config?.modes ?? {} }, options.last, bar.report)
    ).pipe(Effect.provide(Layer.merge(layerMemory(file), layerReads(file))), Effect.ensuring(bar.clear))
    if (printer.json) return yield* printer.data({ repositories: reports })
    yield* printer.line(reports.map((report) => linesOf(report, printer.columns).join("\n")).join("\n\n"))
  },
  orCommandFailed,
  Effect.provide(NodeServices.layer)
)
