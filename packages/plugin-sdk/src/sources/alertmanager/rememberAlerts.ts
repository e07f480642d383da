/** The alerts that go on, as a source's memory. What cannot be read is no memory: the alerts are then seen anew, under their old ids. */
import { Option, Schema } from "effect"
import { sourceMemoryBytesMax } from "../SourceMemory.ts"
import { type KnownAlerts, keyOf } from "./alertStates.ts"

const Memory = Schema.fromJsonString(
  Schema.Struct({
    version: Schema.Literal(1),
    alerts: Schema.Array(
      Schema.Struct({
        fingerprint: Schema.String,
        startsAt: Schema.String,
        status: Schema.Literals(["firing", "suppressed"]),
        labels: Schema.Record(Schema.String, Schema.String),
        silence: Schema.NullOr(Schema.String)
      })
    )
  })
)
const decodeMemory = Schema.decodeUnknownOption(Memory)

/** What was remembered. */
export const recallAlerts = (bytes: Uint8Array | null): KnownAlerts => {
  const memory = bytes === null ? Option.none() : decodeMemory(new TextDecoder().decode(bytes))
  if (Option.isNone(memory)) return new Map()
  return new Map(memory.value.alerts.map((alert) => [keyOf(alert), { ...alert, missed: null }]))
}

// A storm of alerts may not grow the agent: the oldest that go on are forgotten, and fire again under their old ids.
const alertsMax = 5_000

/** The newest of them, as many as are remembered. */
export const boundAlerts = (known: KnownAlerts): KnownAlerts =>
  known.size <= alertsMax ? known : new Map([...known].slice(known.size - alertsMax))

const encode = (known: KnownAlerts): Uint8Array =>
  new TextEncoder().encode(
    JSON.stringify({
      version: 1,
      alerts: [...known.values()].map(({ missed: _, ...alert }) => alert)
    })
  )

/** The memory for them: of fewer, where all would not fit. */
export const encodeAlerts = (known: KnownAlerts): Uint8Array => {
  let alerts = [...known]
  let bytes = encode(known)
  while (bytes.length > sourceMemoryBytesMax) {
    alerts = alerts.slice(Math.ceil(alerts.length / 2))
    bytes = encode(new Map(alerts))
  }
  return bytes
}
