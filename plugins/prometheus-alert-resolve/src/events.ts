/** What the plugin reads of an alert, what it remembers of it, and what an operator may set. */
import { Effect, Schema } from "effect"

const maybe = <S extends Schema.Top>(schema: S) => Schema.optionalKey(Schema.NullOr(schema))

/** An alert at one moment. Of its labels only the severity, of its silences only when they began. */
export const Alert = Schema.Struct({
  kind: Schema.Literal("alert"),
  status: Schema.Literals(["firing", "suppressed", "resolved"]),
  starts_at: Schema.String,
  ends_at: maybe(Schema.String),
  seen_at: Schema.String,
  labels: maybe(Schema.Struct({ severity: maybe(Schema.String) })),
  silences: maybe(Schema.Array(Schema.Struct({ starts_at: maybe(Schema.String) })))
})
export type Alert = typeof Alert.Type

/** As much of an alert as is asked for. */
export const fields: ReadonlyArray<string> = [
  ...["/kind", "/status", "/starts_at", "/ends_at", "/seen_at"],
  ...["/labels/severity", "/silences/*/starts_at"]
]

// Unix milliseconds.
const Time = Schema.Int

/** What is remembered of one alert: the firing that is under way, and when a resolution of it last counted. */
export const Memory = Schema.Struct({
  firing: Schema.NullOr(
    Schema.Struct({
      starts_at: Time,
      /** When this agent first saw it fire. */
      seen_at: Time,
      /** When the first silence began that came after it; null while there was none. */
      acknowledged_at: Schema.NullOr(Time)
    })
  ),
  credited_at: Schema.NullOr(Time)
})
export type Memory = typeof Memory.Type

const setting = (value: number, maximum: number, description: string) =>
  Schema.Int.check(Schema.isBetween({ minimum: 0, maximum }))
    .annotate({ description })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed(value)))

/** What an operator may set. */
export const Configuration = Schema.Struct({
  require_acknowledgement: Schema.Boolean.annotate({
    description: "Only an alert that was silenced while it fired counts when it is resolved."
  }).pipe(Schema.withDecodingDefaultKey(Effect.succeed(true))),
  firing_minutes: setting(5, 1440, "An alert that this agent saw firing for less does not count."),
  again_hours: setting(6, 720, "One resolution of the same alert counts in so many hours.")
})
export type Configuration = typeof Configuration.Type
