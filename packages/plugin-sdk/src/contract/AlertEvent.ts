/** What the prometheus source tells a plugin: one alert of an Alertmanager has another state than before. The subject is the alert. */
import { Schema } from "effect"

const Time = Schema.String

/** One alert at one moment. All of it is raw data. */
export const AlertEvent = Schema.Struct({
  kind: Schema.Literal("alert"),
  /** Alertmanager's own digest of the labels. */
  fingerprint: Schema.String,
  /** `suppressed` is an alert that fires while a silence matches it: somebody has seen it. */
  status: Schema.Literals(["firing", "suppressed", "resolved"]),
  /** When it began to fire, and when it ended; RFC 3339. */
  starts_at: Time,
  ends_at: Schema.NullOr(Time),
  /** When the agent saw this state; RFC 3339. */
  seen_at: Time,
  labels: Schema.Record(Schema.String, Schema.String),
  /** The silences that match it now; one of which nothing is known began at no known time, and acknowledges nothing. */
  silences: Schema.Array(
    Schema.Struct({ id: Schema.String, created_by: Schema.String, starts_at: Schema.NullOr(Time) })
  )
})
export type AlertEvent = typeof AlertEvent.Type
