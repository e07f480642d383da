/** What Alertmanager says, in its API (v2) and in its webhooks (version 4), as alerts that were seen. */
import { Effect, Schema } from "effect"
import { type MatchingSilence, normalTime, type SeenAlert } from "./alertStates.ts"

const Labels = Schema.Record(Schema.String, Schema.String)

const ApiAlerts = Schema.fromJsonString(
  Schema.Array(
    Schema.Struct({
      fingerprint: Schema.String,
      startsAt: Schema.String,
      labels: Labels,
      status: Schema.Struct({
        state: Schema.Literals(["unprocessed", "active", "suppressed"]),
        silencedBy: Schema.Array(Schema.String)
      })
    })
  )
)

const ApiSilences = Schema.fromJsonString(
  Schema.Array(Schema.Struct({ id: Schema.String, createdBy: Schema.String, startsAt: Schema.String }))
)

const ApiStatus = Schema.fromJsonString(Schema.Struct({ uptime: Schema.String }))

const HookMessage = Schema.fromJsonString(
  Schema.Struct({
    version: Schema.Literal("4"),
    alerts: Schema.Array(
      Schema.Struct({
        status: Schema.Literals(["firing", "resolved"]),
        labels: Labels,
        startsAt: Schema.String,
        endsAt: Schema.String,
        fingerprint: Schema.String
      })
    )
  })
)

// Prometheus itself refuses far less. An alert with more is left out: it would not fit into an observation.
const labelLengthMax = 64 * 1024

const isModest = (labels: typeof Labels.Type): boolean =>
  Object.entries(labels).reduce((length, [key, value]) => length + key.length + value.length, 0) <= labelLengthMax

const utf8 = new TextDecoder("utf-8", { fatal: true })

// Untrusted: sent by another server.
const decode =
  <A>(schema: Schema.Codec<A, string>) =>
  (body: Uint8Array) =>
    Effect.try({ try: () => utf8.decode(body), catch: () => "not_understood" as const }).pipe(
      Effect.flatMap((text) =>
        Effect.mapError(Schema.decodeUnknownEffect(schema)(text), () => "not_understood" as const)
      )
    )

export const decodeApiAlerts = decode(ApiAlerts)
export const decodeApiSilences = decode(ApiSilences)
/** Its `uptime` is the moment at which this Alertmanager was started. */
export const decodeApiStatus = decode(ApiStatus)
const decodeHook = decode(HookMessage)

type ApiAlert = (typeof ApiAlerts.Type)[number]

// Both are normal times, or not known, which comes last.
const timeOrder = (a: string | null, b: string | null): number => {
  if (a === b) return 0
  if (a === null || b === null) return a === null ? 1 : -1
  return a < b ? -1 : 1
}

/** An alert of the API. One that another alert inhibits fires all the same: nobody has seen to it. */
export const seenInApi = (
  { fingerprint, labels, startsAt, status }: ApiAlert,
  silences: typeof ApiSilences.Type
): ReadonlyArray<SeenAlert> => {
  const start = normalTime(startsAt)
  if (start === null || !isModest(labels)) return []
  const matching = status.silencedBy.map((id): MatchingSilence => {
    const found = silences.find((silence) => silence.id === id)
    return { id, created_by: found?.createdBy ?? "", starts_at: normalTime(found?.startsAt ?? "") }
  })
  const state = status.state === "unprocessed" ? "unprocessed" : matching.length > 0 ? "suppressed" : "firing"
  const sorted = matching.toSorted((a, b) => timeOrder(a.starts_at, b.starts_at))
  return [{ fingerprint, startsAt: start, endsAt: null, status: state, labels, silences: sorted }]
}

/** The alerts of a webhook. */
export const seenInHook = (body: Uint8Array) =>
  Effect.map(decodeHook(body), ({ alerts }) =>
    alerts.flatMap(({ endsAt, fingerprint, labels, startsAt, status }): Array<SeenAlert> => {
      const start = normalTime(startsAt)
      if (start === null || !isModest(labels)) return []
      const end = status === "resolved" ? normalTime(endsAt) : null
      return [{ fingerprint, startsAt: start, endsAt: end, status, labels, silences: [] }]
    })
  )
