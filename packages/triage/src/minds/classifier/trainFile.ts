/** From a file of labelled issues to a file that the agent's classifier reads: what `farmops harness train` does. */
import { Effect, FileSystem } from "effect"
import { ClassifierUnreadable, encodeClassifier } from "./Classifier.ts"
import { readLabelledIssues } from "./LabelledIssue.ts"
import { type TrainingOptions, trainClassifier } from "./trainClassifier.ts"

/** Writes the classifier beside `modelFile` first, so that an agent that starts meanwhile reads the old one or the new one. Gives what training found out. */
export const trainFile = Effect.fn("trainFile")(function* (
  issuesFile: string,
  modelFile: string,
  options: TrainingOptions = {}
) {
  const fs = yield* FileSystem.FileSystem
  const classifier = yield* Effect.flatMap(readLabelledIssues(issuesFile), (issues) => trainClassifier(issues, options))
  const half = `${modelFile}.part`
  yield* fs.writeFileString(half, encodeClassifier(classifier)).pipe(
    Effect.andThen(fs.rename(half, modelFile)),
    Effect.mapError(
      ({ reason }) => new ClassifierUnreadable({ file: modelFile, reason: `it cannot be written (${reason._tag})` })
    )
  )
  return { ...classifier.report, labels: classifier.labels }
})
