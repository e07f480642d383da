/** What a village counts. Labels are closed lists: no farmer, no address. */
import { Metric } from "effect"

/** Pulled snapshots by `result`: `changed`, `unchanged`, or the closed code of what was wrong. */
export const syncsTotal = Metric.counter("farmops_village_syncs_total", {
  description: "Snapshots asked for, by result",
  incremental: true
})

/** Registrations by `result`: `joined`, `renewed` or `refused`. */
export const registrationsTotal = Metric.counter("farmops_village_registrations_total", {
  description: "Registrations, by result",
  incremental: true
})
