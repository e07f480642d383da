/** `farmops harness backtest`: what a mind would have done with issues that the maintainer has dealt with. */
import { NodeServices } from "@effect/platform-node"
import { layerReads, mindAgent } from "@farmops/harness/layer"
import { trainClassifier } from "@farmops/triage/minds/classifier/trainClassifier"
import { makeClassifierMind } from "@farmops/triage/minds/classifierMind"
import type { GitHubIssue } from "@farmops/triage/protocol/GitHubIssue"
import { backtest, readBacktestIssues } from "@farmops/triage/review/backtest"
import { lessonsOf } from "@farmops/triage/review/labelledIssues"
import type { TriageRules } from "@farmops/triage/TriageRules"
import { Effect, type Option } from "effect"
import { drawTable } from "./drawTable.ts"
import { orCommandFailed } from "./harnessFailure.ts"
import { chooseMind, llmOf, type MindChoice, openAgent } from "./harnessMind.ts"
import { findRepository, type HarnessPlace, loadHarnessFile } from "./harnessPlace.ts"
import { Printer } from "./Printer.ts"
import { costLine, percent } from "./shares.ts"
import { terminalBar } from "./terminalBar.ts"

type Backtest = Effect.Success<ReturnType<typeof backtest>>

// As many as a classifier of a busy repository learns from.
const olderMax = 1_000

/** Whatever file there is may have learned from these very issues, so that its answers would be no test. */
const trainOnOlder = (rules: TriageRules, older: ReadonlyArray<GitHubIssue>) =>
  Effect.map(trainClassifier(lessonsOf(rules.repo, older, Object.keys(rules.labels))), (classifier) =>
    mindAgent(makeClassifierMind(classifier))
  )

const tableOf = ({ closes, comments, labels }: Backtest, columns: number) =>
  drawTable(
    ["ACTION", "ASKED", "AGREED", "DIFFERED", "AGREEMENT"],
    [
      [
        "add_label",
        labels.agreed + labels.other_label + labels.unlabelled.labelled,
        labels.agreed,
        labels.other_label,
        percent(labels.agreement)
      ],
      ["close", closes.asked, closes.agreed, closes.asked - closes.agreed, percent(closes.agreement)],
      ["comment", comments.asked, 0, 0, "-"]
    ],
    columns
  )

const linesOf = (result: Backtest, columns: number): ReadonlyArray<string> => {
  const { cost, disagreements, issues, labels, mind, not_sure, repo, unanswered } = result
  return [
    `${mind} on the newest ${issues} issues of ${repo} that were dealt with, each as it was opened:`,
    tableOf(result, columns),
    `of ${labels.issues} with a label of the maintainer's: ${labels.agreed} the same, ${labels.other_label} another, ${labels.none} none, ${labels.not_sure} not sure`,
    `not sure of ${percent(not_sure)} of all${unanswered === 0 ? "" : `; no answer to ${unanswered}`}; ${costLine(cost)}`,
    ...(disagreements.length === 0 ? [] : ["", "where they differ:"]),
    ...disagreements.map(
      ({ issue, maintainer, mind }) => `  #${issue}  ${mind.join(", ")}  (maintainer: ${maintainer.join(", ")})`
    )
  ]
}

/** Runs the command. Reads from GitHub and writes nothing, there or here. */
export const harnessBacktest = Effect.fn("harnessBacktest")(
  function* (
    options: HarnessPlace & {
      readonly repository: string
      readonly last: number
      readonly mind: Option.Option<MindChoice>
    }
  ) {
    const printer = yield* Printer
    const file = yield* loadHarnessFile(options)
    const routed = yield* findRepository(file, options.repository)
    const { rules } = routed
    const mind = yield* chooseMind(routed, options.mind)
    // What cannot be opened is said before GitHub is asked a hundred times.
    const opened = mind === "classifier" ? null : yield* openAgent(file, rules.repo, mind)
    const isShown = process.stderr.isTTY && !printer.json
    const [reading, asking] = [terminalBar("reading", isShown), terminalBar("asking", isShown)]
    const result = yield* Effect.gen(function* () {
      const query = { rules, last: options.last, olderMax: opened === null ? olderMax : 0, progress: reading.report }
      const { newest, older } = yield* readBacktestIssues(query).pipe(Effect.ensuring(reading.clear))
      const agent = opened ?? (yield* trainOnOlder(rules, older))
      const given = { agent, issues: newest, rules, llm: llmOf(file), progress: asking.report }
      return { ...(yield* backtest(given)), trained_on_older: opened === null ? older.length : null }
    }).pipe(Effect.provide(layerReads(file)), Effect.ensuring(asking.clear))
    if (printer.json) return yield* printer.data(result)
    for (const line of linesOf(result, printer.columns)) yield* printer.line(line)
    if (result.trained_on_older !== null) {
      yield* printer.note(
        `trained for this on the labelled among ${result.trained_on_older} older issues: a file of \`harness train\` may know the newest`
      )
    }
  },
  orCommandFailed,
  Effect.provide(NodeServices.layer)
)
