/**
 * The classifier of issues by 5 × 5-fold cross-validation, beside the keyword rule of the specification on the same issues.
 * `npm run bench -- triage-minds FILE [SEEDS]`: FILE as `farmops harness evaluate` takes it, SEEDS from 1 on, 5 unless told.
 */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { classifyIssues } from "@farmops/triage/minds/classifier/Classifier"
import { calibrationError, reliabilityBins } from "@farmops/triage/minds/classifier/calibrate"
import { measureAnswers } from "@farmops/triage/minds/classifier/evaluateClassifier"
import { type LabelledIssue, readLabelledIssues } from "@farmops/triage/minds/classifier/LabelledIssue"
import { stratifiedFolds } from "@farmops/triage/minds/classifier/seededOrder"
import { trainClassifier } from "@farmops/triage/minds/classifier/trainClassifier"
import { findLabel } from "@farmops/triage/minds/keywordMind"
import { Effect } from "effect"
import { median, type Report, type Row, rounded } from "./report.ts"

const folds = 5
const seedsDefault = 5
const bar = 0.76
const trainingSecondsMax = 10

const words = { bug: ["crash", "exception", "error"], question: ["how do I", "how to"], feature: ["feature"] }

const textOf = ({ body, repo, title }: LabelledIssue) => ({ repo, title, body: body ?? "" })

const mean = (values: ReadonlyArray<number>) => values.reduce((sum, value) => sum + value, 0) / values.length

const spread = (values: ReadonlyArray<number>) => Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2)))

const crossValidate = (issues: ReadonlyArray<LabelledIssue>, seed: number) => {
  const labels = [...new Set(issues.map(({ label }) => label))].sort()
  const dealt = stratifiedFolds(
    issues.map(({ label }) => labels.indexOf(label)),
    folds,
    seed
  )
  return Array.from({ length: folds }, (_, fold) => {
    const started = process.cpuUsage()
    const train = issues.filter((_, at) => dealt[at] !== fold)
    const test = issues.filter((_, at) => dealt[at] === fold)
    const classifier = Effect.runSync(trainClassifier(train))
    const seconds = process.cpuUsage(started).user / 1e6
    const answers = classifyIssues(classifier, test.map(textOf))
    const truth = test.map(({ label }) => label)
    const judged = answers.map(({ confidence, label }, at) => ({ confidence, right: label === truth[at] }))
    const keyword = test.filter((issue) => findLabel(words, issue)?.label === issue.label).length / test.length
    return { measured: measureAnswers(truth, answers), judged, seconds, keyword }
  })
}

export const run = async ([file, seeds]: ReadonlyArray<string>): Promise<Report> => {
  if (file === undefined) throw new Error("name a file of labelled issues: npm run bench -- triage-minds FILE")
  const issues = await Effect.runPromise(Effect.provide(readLabelledIssues(file), NodeFileSystem.layer))
  const rows: Array<Row> = []
  const results = Array.from({ length: Number(seeds ?? seedsDefault) }, (_, at) => {
    const found = crossValidate(issues, at + 1)
    const accuracies = found.map(({ measured }) => measured.accuracy)
    rows.push({
      seed: at + 1,
      accuracy: rounded(mean(accuracies)),
      "accuracy, folds ±": rounded(spread(accuracies)),
      "macro F1": rounded(mean(found.map(({ measured }) => measured.macro_f1))),
      "sure of": rounded(mean(found.map(({ measured }) => measured.sure.answers))),
      "right when sure": rounded(mean(found.map(({ measured }) => measured.sure.accuracy))),
      "keyword rule": rounded(mean(found.map(({ keyword }) => keyword))),
      "training, CPU s": rounded(median(found.map(({ seconds }) => seconds)))
    })
    return found
  }).flat()
  const accuracy = mean(results.map(({ measured }) => measured.accuracy))
  const seconds = median(results.map((result) => result.seconds))
  const bins = reliabilityBins(results.flatMap(({ judged }) => judged))
  const reliability = bins
    .filter(({ answers }) => answers > 0)
    .map(
      ({ accuracy: right, answers, confidence, from, to }) =>
        `confidence ${from.toFixed(1)}–${to.toFixed(1)}: ${answers} answers, said ${(confidence ?? 0).toFixed(3)}, were right ${(right ?? 0).toFixed(3)}`
    )
  return {
    ratios: {
      accuracy_to_bar: rounded(accuracy / bar),
      training_time_to_limit: rounded(seconds / trainingSecondsMax)
    },
    rows,
    notes: [
      `mean accuracy ${accuracy.toFixed(4)} of ${results.length} folds (${issues.length} issues); the bar is ${bar}`,
      "the keyword rule leaves an issue without any of its words alone, which counts as a mistake here",
      ...reliability,
      `expected calibration error ${calibrationError(bins).toFixed(4)}`
    ]
  }
}
