/** Asks one Alertmanager for all of its alerts, read-only. Either the whole list comes, or a failure. */
import { Clock, Effect } from "effect"
import { authorizationOf, type Credential } from "../http/Credential.ts"
import { exchange, retryAfterMsOf } from "../http/exchange.ts"
import type { LookFailed } from "../pollForEver.ts"
import { decodeApiAlerts, decodeApiSilences, decodeApiStatus, seenInApi } from "./alertMessages.ts"

/** Why a poll saw nothing. */
export type PollCode =
  | "unreachable"
  | "timed_out"
  | "too_large"
  | "tls"
  | "unauthorized"
  | "refused"
  | "busy"
  | "not_understood"

const failed = (code: PollCode, retryAfterMs: number | null = null): LookFailed => ({ code, retryAfterMs })

const statusCode = (status: number): PollCode | null => {
  if (status === 200) return null
  if (status === 401 || status === 403) return "unauthorized"
  return status === 429 || status >= 500 ? "busy" : "refused"
}

const timeoutMs = 10_000

// Some 10,000 alerts with generous labels and annotations.
const bytesMax = 16 * 1024 * 1024

/** Where and as whom. */
export interface AlertmanagerAddress {
  readonly url: string
  readonly credential?: Credential | undefined
  readonly ca: string | undefined
}

/** All alerts, and the moment at which this Alertmanager was started. */
export const askAlertmanager = Effect.fnUntraced(function* ({ ca, credential, url }: AlertmanagerAddress) {
  const get = Effect.fnUntraced(function* (path: string): Effect.fn.Return<Uint8Array, LookFailed> {
    const base = new URL(url)
    const at = new URL(`${base.pathname.replace(/\/$/, "")}/api/v2/${path}`, base)
    const headers = {
      accept: "application/json",
      ...(credential === undefined ? {} : { authorization: authorizationOf(credential) })
    }
    const answer = yield* Effect.mapError(exchange({ url: at, headers, timeoutMs, bytesMax, ca }), ({ code }) =>
      failed(code)
    )
    const code = statusCode(answer.status)
    if (code !== null)
      return yield* Effect.fail(failed(code, retryAfterMsOf(answer.headers, yield* Clock.currentTimeMillis)))
    return answer.body
  })
  const understood = <A>(decoding: Effect.Effect<A, PollCode>) => Effect.mapError(decoding, (code) => failed(code))
  const { uptime } = yield* understood(decodeApiStatus(yield* get("status")))
  const alerts = yield* understood(decodeApiAlerts(yield* get("alerts")))
  const isSilenced = alerts.some(({ status }) => status.silencedBy.length > 0)
  const silences = isSilenced ? yield* understood(decodeApiSilences(yield* get("silences"))) : []
  // Restarted in between, it may have forgotten everything before it made the list.
  const after = yield* understood(decodeApiStatus(yield* get("status")))
  if (after.uptime !== uptime) return yield* Effect.fail(failed("busy"))
  return { startedAt: uptime, alerts: alerts.flatMap((alert) => seenInApi(alert, silences)) }
})
