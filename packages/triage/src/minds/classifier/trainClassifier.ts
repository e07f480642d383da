/**
 * Trains a classifier on labelled issues, in seconds. What may be chosen, the cost of a mistake and how far scores are stretched, is chosen by
 * cross-validation within these issues. Deterministic: the same issues in the same order give the same classifier.
 */
import { Effect, Schema } from "effect"
import type { Classifier } from "./Classifier.ts"
import { fitSharpness, largestAt, logLoss } from "./calibrate.ts"
import { fitFeatureSpace, placeIssues } from "./FeatureSpace.ts"
import type { LabelledIssue } from "./LabelledIssue.ts"
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
const folds = 3
const costs: ReadonlyArray<number> = [0.05, 0.2]

interface Attempt {
  readonly cost: number
  readonly sharpness: number
  readonly loss: number
  readonly accuracy: number
}

/** How one cost does on issues left out of training. */
const attempt = (data: ClassedRows, dealt: ReadonlyArray<number>, cost: number, seed: number): Attempt => {
  const all = [...data.classes.keys()]
  const scores = all.map((): ReadonlyArray<number> => [])
  for (let fold = 0; fold < folds; fold++) {
    const inside = all.filter((row) => dealt[row] !== fold)
    const planes = trainPlanes(data, inside, { cost, seed })
    for (const row of all) if (dealt[row] === fold) scores[row] = scoreClasses(data.rows, row, planes)
  }
  const sharpness = fitSharpness(scores, data.classes)
  const right = scores.filter((row, at) => largestAt(row) === data.classes[at]).length
  return { cost, sharpness, loss: logLoss(scores, data.classes, sharpness), accuracy: right / all.length }
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
  const dealt = stratifiedFolds(classes, folds, seed)
  const attempts = costs.map((cost) => attempt(data, dealt, cost, seed))
  const best = attempts.reduce((least, one) => (one.loss < least.loss ? one : least))
  const planes = trainPlanes(data, [...classes.keys()], { cost: best.cost, seed })
  const report = { issues: issues.length, cost: best.cost, accuracy: best.accuracy }
  return { labels, space, planes, sharpness: best.sharpness, report }
})
