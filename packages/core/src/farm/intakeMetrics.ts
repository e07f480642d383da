/** What intake counts. Labels are closed lists: no agent, no plugin, nothing of the work. */
import { Metric } from "effect"

/** Proofs by `result`: `accepted`, `already`, or the refusal's code. */
export const proofsTotal = Metric.counter("farmops_tracker_proofs_total", {
  description: "Proofs submitted, by result",
  incremental: true
})

/** Coins by `board`. */
export const coinsTotal = Metric.counter("farmops_tracker_coins_total", {
  description: "Coins awarded, by board",
  incremental: true
})

/** From the arrival of a submission to its durable answer. */
export const intakeSeconds = Metric.histogram("farmops_tracker_intake_seconds", {
  description: "Seconds from the arrival of a submission to its durable answer",
  // 0.5 ms to 4 s: a commit on a laptop takes about one, on a slow card about a hundred.
  boundaries: Metric.exponentialBoundaries({ start: 0.0005, factor: 2, count: 14 })
})
