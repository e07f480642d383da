/** `farmops harness evaluate`: how good a classifier is that learned from one file of issues, on the issues of another. */
import { resolve } from "node:path"
import { NodeServices } from "@effect/platform-node"
import { evaluateFiles } from "@farmops/triage/minds/classifier/evaluateClassifier"
import { Effect } from "effect"
import { drawTable } from "./drawTable.ts"
import { orCommandFailed } from "./harnessFailure.ts"
import { Printer } from "./Printer.ts"
import { percent, share } from "./shares.ts"

type Evaluation = Effect.Success<ReturnType<typeof evaluateFiles>>

const labelTable = ({ labels }: Evaluation, columns: number) =>
  drawTable(
    ["LABEL", "ISSUES", "PRECISION", "RECALL", "F1"],
    labels.map(({ f1, issues, label, precision, recall }) => [
      label,
      issues,
      share(precision),
      share(recall),
      share(f1)
    ]),
    columns
  )

const confusionTable = ({ confusion, labels }: Evaluation, columns: number) =>
  drawTable(
    ["IS \\ SAID", ...labels.map(({ label }) => label)],
    confusion.map((row, at) => [labels[at]?.label ?? "", ...row]),
    columns
  )

const calibrationTable = ({ calibration }: Evaluation, columns: number) =>
  drawTable(
    ["CONFIDENCE", "ANSWERS", "RIGHT"],
    calibration.bins
      .filter(({ answers }) => answers > 0)
      .map(({ accuracy, answers, confidence }) => [share(confidence), answers, share(accuracy)]),
    columns
  )

const linesOf = (evaluation: Evaluation, columns: number): ReadonlyArray<string> => {
  const { accuracy, calibration, issues, macro_f1, sure, training } = evaluation
  return [
    `accuracy ${share(accuracy)}, macro F1 ${share(macro_f1)} on ${issues} issues; trained on ${training.issues} in ${training.seconds.toFixed(1)} s`,
    `sure of ${percent(sure.answers)} (confidence from ${share(sure.from)}), and right on ${percent(sure.accuracy)} of those`,
    "",
    labelTable(evaluation, columns),
    "",
    "What issues are, and what was said of them:",
    confusionTable(evaluation, columns),
    "",
    `How often answers of a confidence are right (expected calibration error ${share(calibration.expected_error)}):`,
    calibrationTable(evaluation, columns)
  ]
}

/** Runs the command. Nothing but the two files is looked at. */
export const harnessEvaluate = Effect.fn("harnessEvaluate")(function* (options: {
  readonly train: string
  readonly test: string
  readonly cwd: string
}) {
  const printer = yield* Printer
  const files = [resolve(options.cwd, options.train), resolve(options.cwd, options.test)] as const
  const evaluation = yield* orCommandFailed(evaluateFiles(...files))
  if (printer.json) return yield* printer.data(evaluation)
  for (const line of linesOf(evaluation, printer.columns)) yield* printer.line(line)
}, Effect.provide(NodeServices.layer))
