/** A trained classifier: which label an issue probably has, and how probable that is. A plain value that a file can hold. */
import { Effect, FileSystem, Schema } from "effect"
import { largestAt, softmax } from "./calibrate.ts"
import { type FeatureSpace, placeIssues } from "./FeatureSpace.ts"
import type { IssueText } from "./issueFeatures.ts"
import type { Plane } from "./linearSvm.ts"
import { scoreClasses } from "./trainPlanes.ts"

/** What training found out about itself, on issues that it had left out. */
export const TrainingReport = Schema.Struct({
  issues: Schema.Int,
  /** What one mistake costs, chosen among several by cross-validation within the training set. */
  cost: Schema.Finite,
  /** The share of right answers on issues left out of training. */
  accuracy: Schema.Finite
})

/** See the file's first line. */
export interface Classifier {
  /** The labels, in the order of the planes. */
  readonly labels: ReadonlyArray<string>
  readonly space: FeatureSpace
  readonly planes: ReadonlyArray<Plane>
  /** How much scores are stretched before they are probabilities. */
  readonly sharpness: number
  readonly report: typeof TrainingReport.Type
}

/** One answer. The probabilities are in the order of the classifier's labels. */
export interface Classification {
  readonly label: string
  readonly confidence: number
  readonly probabilities: ReadonlyArray<number>
}

/** The answers for many issues; each depends on its own issue alone. */
export const classifyIssues = (
  { labels, planes, sharpness, space }: Classifier,
  issues: ReadonlyArray<IssueText>
): ReadonlyArray<Classification> => {
  const rows = placeIssues(issues, space)
  return issues.map((_, row) => {
    const probabilities = softmax(scoreClasses(rows, row, planes), sharpness)
    const best = largestAt(probabilities)
    return { label: labels[best] ?? "", confidence: probabilities[best] ?? 0, probabilities }
  })
}

/** Raised when a feature comes to mean something else. */
const formatVersion = 1

const FileForm = Schema.Struct({
  format: Schema.Literal("farmops-issue-classifier"),
  version: Schema.Literal(formatVersion),
  labels: Schema.Array(Schema.String).check(Schema.isMinLength(2)),
  sharpness: Schema.Finite,
  report: TrainingReport,
  sections: Schema.Array(Schema.Struct({ name: Schema.String, tokens: Schema.Array(Schema.String) })),
  /** 32-bit floats, little-endian, as base64. */
  rarity: Schema.Uint8ArrayFromBase64,
  unseen: Schema.Finite,
  planes: Schema.Array(Schema.Struct({ bias: Schema.Finite, weights: Schema.Uint8ArrayFromBase64 }))
})

const FileText = Schema.fromJsonString(FileForm)

const toBytes = (values: ArrayLike<number>) => {
  const view = new DataView(new ArrayBuffer(values.length * 4))
  for (let at = 0; at < values.length; at++) view.setFloat32(at * 4, values[at] ?? 0, true)
  return new Uint8Array(view.buffer)
}

const toFloats = (bytes: Uint8Array) => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Float64Array.from({ length: Math.floor(bytes.length / 4) }, (_, at) => view.getFloat32(at * 4, true))
}

/** The classifier as a file's text. The same training gives the same bytes. */
export const encodeClassifier = (classifier: Classifier): string =>
  Schema.encodeSync(FileText)({
    format: "farmops-issue-classifier",
    version: formatVersion,
    labels: classifier.labels,
    sharpness: classifier.sharpness,
    report: classifier.report,
    sections: [...classifier.space.sections].map(([name, places]) => ({ name, tokens: [...places.keys()] })),
    rarity: toBytes(classifier.space.rarity),
    unseen: classifier.space.unseen,
    planes: classifier.planes.map(({ bias, weights }) => ({ bias, weights: toBytes(weights) }))
  })

/** The file holds no classifier that this version reads. */
export class ClassifierUnreadable extends Schema.TaggedError<ClassifierUnreadable>()("ClassifierUnreadable", {
  file: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `${this.file} holds no classifier: ${this.reason}; train one anew`
  }
}

const fromForm = (form: typeof FileForm.Type): Classifier | string => {
  let place = 0
  const sections = new Map(
    form.sections.map(({ name, tokens }) => [name, new Map(tokens.map((token) => [token, place++]))] as const)
  )
  const rarity = Float32Array.from(toFloats(form.rarity))
  const planes = form.planes.map(({ bias, weights }) => ({ bias, weights: toFloats(weights) }))
  if (planes.length !== form.labels.length) return "it has not one plane for each label"
  if ([rarity, ...planes.map(({ weights }) => weights)].some(({ length }) => length !== place))
    return "its features and their weights are not equally many"
  return {
    labels: form.labels,
    space: { sections, rarity, unseen: form.unseen },
    planes,
    sharpness: form.sharpness,
    report: form.report
  }
}

// A classifier of the most features that training keeps is smaller.
const fileBytesMax = 64 * 1024 * 1024

/** Reads what {@link encodeClassifier} wrote. */
export const readClassifier = Effect.fn("readClassifier")(function* (file: string) {
  const fs = yield* FileSystem.FileSystem
  const unreadable = (reason: string) => new ClassifierUnreadable({ file, reason })
  const info = yield* Effect.mapError(fs.stat(file), ({ reason }) => unreadable(`it cannot be read (${reason._tag})`))
  if (info.size > fileBytesMax) return yield* unreadable(`it is longer than ${fileBytesMax} bytes`)
  const text = yield* Effect.mapError(fs.readFileString(file), ({ reason }) =>
    unreadable(`it cannot be read (${reason._tag})`)
  )
  const form = yield* Effect.mapError(Schema.decodeUnknownEffect(FileText)(text), (error) =>
    unreadable(error.message.replace(/\s+/g, " ").slice(0, 200))
  )
  const classifier = fromForm(form)
  return typeof classifier === "string" ? yield* unreadable(classifier) : classifier
})
