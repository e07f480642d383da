/**
 * One plane for each class, each the sum of two support vector machines: one on the features as they are, one on the features scaled by how
 * much a naive Bayes model makes of them (Wang and Manning, 2012). The sum is linear again. Pure.
 */
import type { SparseRows } from "./FeatureSpace.ts"
import { type Plane, type SvmOptions, scoreRow, trainPlane } from "./linearSvm.ts"

/** Rows with the number of features that there are, and each row's class. */
export interface ClassedRows {
  readonly rows: SparseRows
  readonly width: number
  readonly classes: ReadonlyArray<number>
  readonly classCount: number
}

// Counted before anything is: one issue with and one without each feature.
const prior = 1

// What a feature keeps that says nothing of the class.
const floor = 0.3

const entriesOf = ({ starts }: SparseRows, row: number): readonly [from: number, to: number] => [
  starts[row] ?? 0,
  starts[row + 1] ?? 0
]

/** For each feature, how far the logarithm of its share in the class is from that in the others. */
const bayesScales = (
  { rows, width }: ClassedRows,
  members: ReadonlyArray<number>,
  isPositive: (row: number) => boolean
) => {
  const inside = new Float64Array(width).fill(prior)
  const outside = new Float64Array(width).fill(prior)
  let positives = 2 * prior
  let negatives = 2 * prior
  for (const row of members) {
    const counts = isPositive(row) ? inside : outside
    if (counts === inside) positives++
    else negatives++
    const [from, to] = entriesOf(rows, row)
    for (let at = from; at < to; at++) {
      const column = rows.columns[at] ?? 0
      counts[column] = (counts[column] ?? 0) + 1
    }
  }
  const scales = inside
  for (let column = 0; column < width; column++) {
    const odds = (inside[column] ?? prior) / positives / ((outside[column] ?? prior) / negatives)
    scales[column] = floor + Math.abs(Math.log(odds))
  }
  return scales
}

// Loops, not callbacks: each runs over a million entries, many times.
const scaleRows = (rows: SparseRows, scales: Float64Array): SparseRows => {
  const values = new Float32Array(rows.values.length)
  for (let at = 0; at < values.length; at++) values[at] = (rows.values[at] ?? 0) * (scales[rows.columns[at] ?? 0] ?? 0)
  return { ...rows, values }
}

const addPlanes = (plain: Plane, bayes: Plane, scales: Float64Array): Plane => {
  const { weights } = plain
  for (let column = 0; column < weights.length; column++)
    weights[column] = (weights[column] ?? 0) + (bayes.weights[column] ?? 0) * (scales[column] ?? 0)
  return { weights, bias: plain.bias + bayes.bias }
}

/** Trains on the rows `members` only. */
export const trainPlanes = (
  data: ClassedRows,
  members: ReadonlyArray<number>,
  options: SvmOptions
): ReadonlyArray<Plane> =>
  Array.from({ length: data.classCount }, (_, wanted) => {
    const isPositive = (row: number) => data.classes[row] === wanted
    const plain = trainPlane(data.rows, data.width, members, isPositive, options)
    const scales = bayesScales(data, members, isPositive)
    const bayes = trainPlane(scaleRows(data.rows, scales), data.width, members, isPositive, options)
    return addPlanes(plain, bayes, scales)
  })

/** A row's score for each class. */
export const scoreClasses = (rows: SparseRows, row: number, planes: ReadonlyArray<Plane>): ReadonlyArray<number> =>
  planes.map((plane) => scoreRow(rows, row, plane))
