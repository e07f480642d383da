/** Makes scores into probabilities that mean what they say, and measures how well they do. Pure. */

/** The probabilities of the classes for their scores: positive, with the sum 1. */
export const softmax = (scores: ReadonlyArray<number>, sharpness: number): ReadonlyArray<number> => {
  const largest = Math.max(...scores)
  const powers = scores.map((score) => Math.exp((score - largest) * sharpness))
  const sum = powers.reduce((total, power) => total + power, 0)
  return powers.map((power) => power / sum)
}

/** Which entry is the largest, the first among equals. */
export const largestAt = (values: ReadonlyArray<number>): number => values.indexOf(Math.max(...values))

const probabilityMin = 1e-12

/** The mean surprise at the true classes, in nats. */
export const logLoss = (
  scores: ReadonlyArray<ReadonlyArray<number>>,
  truth: ReadonlyArray<number>,
  sharpness: number
) => {
  let sum = 0
  for (const [at, row] of scores.entries())
    sum -= Math.log(Math.max(softmax(row, sharpness)[truth[at] ?? 0] ?? 0, probabilityMin))
  return sum / Math.max(scores.length, 1)
}

// The loss has one minimum between them for any scores of about 1.
const sharpnessMin = 0.05
const sharpnessMax = 50
const halvings = 40

/** How much scores are stretched so that the probabilities surprise least (temperature scaling). Needs scores of issues that were not trained on. */
export const fitSharpness = (scores: ReadonlyArray<ReadonlyArray<number>>, truth: ReadonlyArray<number>): number => {
  const ratio = (Math.sqrt(5) - 1) / 2
  let [low, high] = [Math.log(sharpnessMin), Math.log(sharpnessMax)]
  for (let round = 0; round < halvings; round++) {
    const a = high - ratio * (high - low)
    const b = low + ratio * (high - low)
    if (logLoss(scores, truth, Math.exp(a)) <= logLoss(scores, truth, Math.exp(b))) high = b
    else low = a
  }
  return Math.exp((low + high) / 2)
}

/** The answers whose confidence lies in one tenth. */
export interface ReliabilityBin {
  readonly from: number
  readonly to: number
  readonly answers: number
  /** Null where there is no answer. */
  readonly confidence: number | null
  readonly accuracy: number | null
}

/** One answer: how sure it was, and whether it was right. */
export interface JudgedAnswer {
  readonly confidence: number
  readonly right: boolean
}

const binCount = 10

/** Confidence beside accuracy, tenth by tenth. */
export const reliabilityBins = (answers: ReadonlyArray<JudgedAnswer>): ReadonlyArray<ReliabilityBin> =>
  Array.from({ length: binCount }, (_, bin) => {
    const inside = answers.filter(({ confidence }) => Math.min(Math.floor(confidence * binCount), binCount - 1) === bin)
    const mean = (of: (answer: JudgedAnswer) => number) =>
      inside.length === 0 ? null : inside.reduce((sum, answer) => sum + of(answer), 0) / inside.length
    return {
      from: bin / binCount,
      to: (bin + 1) / binCount,
      answers: inside.length,
      confidence: mean(({ confidence }) => confidence),
      accuracy: mean(({ right }) => (right ? 1 : 0))
    }
  })

/** The expected calibration error: how far confidence is from accuracy, weighed by answers. */
export const calibrationError = (bins: ReadonlyArray<ReliabilityBin>): number => {
  const answers = bins.reduce((sum, bin) => sum + bin.answers, 0)
  if (answers === 0) return 0
  return bins.reduce(
    (sum, bin) => sum + (bin.answers / answers) * Math.abs((bin.confidence ?? 0) - (bin.accuracy ?? 0)),
    0
  )
}
