/**
 * Trains a classifier on labelled issues, in seconds. What may be chosen, the cost of a mistake and how far scores are stretched, is chosen by
 * cross-validation within these issues. Deterministic: the same issues in the same order give the same classifier.
 */
import { Effect, Schema } from "effect"
import type { Classifier } from "./Classifier.ts"
import { fitSharpness, largestAt, logLoss } from "./calibrate.ts"
import { fitFeatureSpace, placeIssues } from "./FeatureSpace.ts"
import type { LabelledIssue } from "./LabelledIssue.ts"
import type { SvmOptions } from "./linearSvm.ts"
import { stratifiedFolds } from "./seededOrder.ts"
import { type ClassedRows, scoreClasses, trainPlanes } from "./trainPlanes.ts"

/** There is too little to learn from. */
export class TooFewIssues extends Schema.TaggedError<TooFewIssues>()("TooFewIssues", {
  label: Schema.NullOr(Schema.String),
  issues: Schema.Int,
  issuesMin: Schema.Int
}) {
  override get message() {
    return this.label === null
      ? "a classifier needs issues of two labels or more"
      : `a classifier needs ${this.issuesMin} issues of each label; ${JSON.stringify(this.label)} has ${this.issues}`
  }
}

/** Of each label; below that there is not one for each fold, and no confidence to speak of. */
export const issuesOfLabelMin = 6

/** More than so many are not trained on: the last ones of the file count. */
export const trainingIssuesMax = 10_000

/** How training is done; nothing of it must be set. */
export interface TrainingOptions {
  readonly seed?: number
}

const seedDefault = 1
const folds = 5
/** The cost is chosen on so many folds; the others tell the winner apart no better, and take as long. */
const foldsToChoose = 2
const costs: ReadonlyArray<number> = [0.1, 0.3]

/** The scores of rows that the planes behind them were not trained on. */
type LeftOut = ReadonlyArray<{ readonly row: number; readonly scores: ReadonlyArray<number> }>

const scoreLeftOut = (
  data: ClassedRows,
  { dealt, from, to }: { readonly dealt: ReadonlyArray<number>; readonly from: number; readonly to: number },
  options: SvmOptions
): LeftOut => {
  const all = [...data.classes.keys()]
  return Array.from({ length: to - from }, (_, at) => from + at).flatMap((fold) => {
    const inside = all.filter((row) => dealt[row] !== fold)
    const planes = trainPlanes(data, inside, options)
    return all
      .filter((row) => dealt[row] === fold)
      .map((row) => ({ row, scores: scoreClasses(data.rows, row, planes) }))
  })
}

const calibrate = (leftOut: LeftOut, classes: ReadonlyArray<number>) => {
  const scores = leftOut.map((one) => one.scores)
  const truth = leftOut.map(({ row }) => classes[row] ?? 0)
  const sharpness = fitSharpness(scores, truth)
  const right = scores.filter((row, at) => largestAt(row) === truth[at]).length
  return { sharpness, loss: logLoss(scores, truth, sharpness), accuracy: right / Math.max(truth.length, 1) }
}

/** Which cost is best on issues left out, how far its scores are stretched, and how often they are right. */
const choose = (data: ClassedRows, seed: number) => {
  const dealt = stratifiedFolds(data.classes, folds, seed)
  const first = costs.map((cost) => {
    const leftOut = scoreLeftOut(data, { dealt, from: 0, to: foldsToChoose }, { cost, seed })
    return { cost, leftOut, loss: calibrate(leftOut, data.classes).loss }
  })
  const best = first.reduce((least, one) => (one.loss < least.loss ? one : least))
  const rest = scoreLeftOut(data, { dealt, from: foldsToChoose, to: folds }, { cost: best.cost, seed })
  return { cost: best.cost, ...calibrate([...best.leftOut, ...rest], data.classes) }
}

const missingOf = (labels: ReadonlyArray<string>, issues: ReadonlyArray<LabelledIssue>) => {
  if (labels.length < 2) return new TooFewIssues({ label: null, issues: issues.length, issuesMin: issuesOfLabelMin })
  for (const label of labels) {
    const count = issues.filter((issue) => issue.label === label).length
    if (count < issuesOfLabelMin) return new TooFewIssues({ label, issues: count, issuesMin: issuesOfLabelMin })
  }
  return null
}

/** Blocks for the seconds that it takes: a program that serves others trains elsewhere. */
export const trainClassifier = Effect.fn("trainClassifier")(function* (
  given: ReadonlyArray<LabelledIssue>,
  { seed = seedDefault }: TrainingOptions = {}
): Effect.fn.Return<Classifier, TooFewIssues> {
  const issues = given.slice(-trainingIssuesMax)
  const labels = [...new Set(issues.map(({ label }) => label))].sort()
  const missing = missingOf(labels, issues)
  if (missing !== null) return yield* missing
  const texts = issues.map(({ body, repo, title }) => ({ repo, title, body: body ?? "" }))
  const space = fitFeatureSpace(texts)
  const rows = placeIssues(texts, space)
  const classes = issues.map(({ label }) => labels.indexOf(label))
  const data = { rows, width: space.rarity.length, classes, classCount: labels.length }
  const best = choose(data, seed)
  const planes = trainPlanes(data, [...classes.keys()], { cost: best.cost, seed })
  const report = { issues: issues.length, cost: best.cost, accuracy: best.accuracy }
  return { labels, space, planes, sharpness: best.sharpness, report }
})
