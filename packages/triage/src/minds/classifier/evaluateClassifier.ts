/** Trains on some issues and measures on others: what `farmops harness evaluate` prints. */
import { Clock, Effect } from "effect"
import { type Classification, classifyIssues } from "./Classifier.ts"
import { calibrationError, reliabilityBins } from "./calibrate.ts"
import { type LabelledIssue, readLabelledIssues } from "./LabelledIssue.ts"
import { type TrainingOptions, trainClassifier } from "./trainClassifier.ts"

/** From this confidence on the classifier answers; below, it is not sure. */
export const sureFromDefault = 0.6

const share = (part: number, whole: number) => (whole === 0 ? 0 : part / whole)

const measureLabel = (label: string, truth: ReadonlyArray<string>, answers: ReadonlyArray<Classification>) => {
  const right = answers.filter((answer, at) => answer.label === label && truth[at] === label).length
  const precision = share(right, answers.filter((answer) => answer.label === label).length)
  const issues = truth.filter((true_) => true_ === label).length
  const recall = share(right, issues)
  return { label, issues, precision, recall, f1: share(2 * precision * recall, precision + recall) }
}

const confuse = (labels: ReadonlyArray<string>, truth: ReadonlyArray<string>, answers: ReadonlyArray<Classification>) =>
  labels.map((row) =>
    labels.map((column) => answers.filter((answer, at) => truth[at] === row && answer.label === column).length)
  )

/** How good the answers are beside the truth. A label of the truth that was never learned counts as a mistake. */
export const measureAnswers = (
  truth: ReadonlyArray<string>,
  answers: ReadonlyArray<Classification>,
  sureFrom: number = sureFromDefault
) => {
  const labels = [...new Set([...truth, ...answers.map(({ label }) => label)])].sort()
  const judged = answers.map(({ confidence, label }, at) => ({ confidence, right: label === truth[at] }))
  const rightOf = (some: typeof judged) => some.filter(({ right }) => right).length
  const sure = judged.filter(({ confidence }) => confidence >= sureFrom)
  const measured = labels.map((label) => measureLabel(label, truth, answers))
  const bins = reliabilityBins(judged)
  return {
    issues: truth.length,
    accuracy: share(rightOf(judged), judged.length),
    macro_f1: share(
      measured.reduce((sum, { f1 }) => sum + f1, 0),
      measured.length
    ),
    labels: measured,
    /** A row for each true label and a column for each answer, in the order of `labels`. */
    confusion: confuse(labels, truth, answers),
    calibration: { expected_error: calibrationError(bins), bins },
    sure: { from: sureFrom, answers: share(sure.length, judged.length), accuracy: share(rightOf(sure), sure.length) }
  }
}

/** Trains and measures. Nothing of `test` is looked at before the training is over. */
export const evaluateClassifier = Effect.fn("evaluateClassifier")(function* (
  train: ReadonlyArray<LabelledIssue>,
  test: ReadonlyArray<LabelledIssue>,
  options: TrainingOptions = {}
) {
  const started = yield* Clock.currentTimeMillis
  const classifier = yield* trainClassifier(train, options)
  const trained = yield* Clock.currentTimeMillis
  const texts = test.map(({ body, repo, title }) => ({ repo, title, body: body ?? "" }))
  const answers = classifyIssues(classifier, texts)
  const ended = yield* Clock.currentTimeMillis
  const truth = test.map(({ label }) => label)
  return {
    ...measureAnswers(truth, answers),
    training: { ...classifier.report, seconds: (trained - started) / 1000 },
    seconds: (ended - trained) / 1000
  }
})

/** The same for two files. */
export const evaluateFiles = Effect.fn("evaluateFiles")(function* (trainFile: string, testFile: string) {
  const train = yield* readLabelledIssues(trainFile)
  const test = yield* readLabelledIssues(testFile)
  return yield* evaluateClassifier(train, test)
})
