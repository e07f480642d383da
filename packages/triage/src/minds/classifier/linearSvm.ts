/**
 * A linear support vector machine with squared hinge loss, trained by coordinate descent on its dual (Hsieh and others, 2008). The bias is
 * one more feature that is always 1. Deterministic for a seed; its passes are bounded. Pure.
 */
import type { SparseRows } from "./FeatureSpace.ts"
import { seededNumbers, shuffle } from "./seededOrder.ts"

/** A plane: positive on the side of the class. */
export interface Plane {
  readonly weights: Float64Array
  readonly bias: number
}

/** How a plane is trained. */
export interface SvmOptions {
  /** What one mistake costs beside a long weight vector. */
  readonly cost: number
  readonly seed: number
}

// The order of classes by score does not change any more, long before the last digit stands.
const passesMax = 6
const tolerance = 0.05

/** The score of one row. */
export const scoreRow = ({ columns, starts, values }: SparseRows, row: number, { bias, weights }: Plane): number => {
  let score = bias
  const end = starts[row + 1] ?? 0
  for (let at = starts[row] ?? 0; at < end; at++) score += (weights[columns[at] ?? 0] ?? 0) * (values[at] ?? 0)
  return score
}

const squaredLength = ({ starts, values }: SparseRows, row: number) => {
  let sum = 1
  const end = starts[row + 1] ?? 0
  for (let at = starts[row] ?? 0; at < end; at++) sum += (values[at] ?? 0) ** 2
  return sum
}

/** Adds a multiple of one row to the plane. */
const addRow = ({ columns, starts, values }: SparseRows, row: number, weights: Float64Array, factor: number) => {
  const end = starts[row + 1] ?? 0
  for (let at = starts[row] ?? 0; at < end; at++) {
    const column = columns[at] ?? 0
    weights[column] = (weights[column] ?? 0) + factor * (values[at] ?? 0)
  }
}

/** Trains on the rows `members`; `isPositive` says which of them are of the class. */
export const trainPlane = (
  rows: SparseRows,
  width: number,
  members: ReadonlyArray<number>,
  isPositive: (row: number) => boolean,
  { cost, seed }: SvmOptions
): Plane => {
  const softness = 0.5 / cost
  const plane = { weights: new Float64Array(width), bias: 0 }
  const steps = new Float64Array(members.length)
  const sides = Float64Array.from(members, (row) => (isPositive(row) ? 1 : -1))
  const curves = Float64Array.from(members, (row) => squaredLength(rows, row) + softness)
  const next = seededNumbers(seed)
  const order = Int32Array.from(members.keys())
  for (let pass = 0; pass < passesMax; pass++) {
    shuffle(order, next)
    let largest = 0
    for (const member of order) {
      const row = members[member] ?? 0
      const side = sides[member] ?? 0
      const old = steps[member] ?? 0
      const slope = side * scoreRow(rows, row, plane) - 1 + old * softness
      const pull = old === 0 ? Math.min(slope, 0) : slope
      largest = Math.max(largest, Math.abs(pull))
      if (pull === 0) continue
      const step = Math.max(old - slope / (curves[member] ?? 1), 0)
      steps[member] = step
      plane.bias += (step - old) * side
      addRow(rows, row, plane.weights, (step - old) * side)
    }
    if (largest < tolerance) break
  }
  return plane
}
