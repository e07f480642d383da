/**
 * How often each may ask the tracker: an agent and the owner by what they show, everybody else by address. Requests count,
 * not proofs: a stream that carries thousands is one. This machine's own requests without a credential are not counted.
 */
import type { IncomingMessage, ServerResponse } from "node:http"
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2"
import { Clock, Effect, Redacted } from "effect"
import { OwnerToken } from "../farm/OwnerToken.ts"
import { addressBucket } from "../http/addressBucket.ts"
import { type Rate, TokenBuckets } from "../http/TokenBuckets.ts"
import { AgentDoor, certifiedAgent } from "./AgentDoor.ts"
import { bearerToken } from "./bearerToken.ts"

/** Requests a second, in the long run; 0 sets no limit. */
export interface RequestRates {
  readonly agent: number
  readonly owner: number
  readonly address: number
}

/** An agent that sends each proof alone, a person with the page open in several windows, a village that looks every minute. */
export const requestRatesDefault: RequestRates = { agent: 100, owner: 50, address: 10 }

// Seconds' worth that may come at once: a page asks for several things, an agent that was away has a backlog.
const burstSeconds = 10

const rateOf = (perSecond: number): Rate => ({ perSecond, burst: Math.max(perSecond * burstSeconds, 1) })

/** A request of either version of HTTP. */
export type AnyRequest = IncomingMessage | Http2ServerRequest

/** How long a request is too early, in whole seconds; null for one that is welcome. */
export type Admit = (request: AnyRequest) => number | null

// Probes must not depend on who else asks.
const unlimited: ReadonlySet<string | undefined> = new Set(["/healthz", "/readyz"])

/** Counts in this process alone. */
export const makeAdmit = Effect.fnUntraced(function* (rates: RequestRates) {
  const owner = yield* OwnerToken
  const door = yield* AgentDoor
  const clock = yield* Clock.Clock
  const buckets = new TokenBuckets()

  const bucketOf = (request: AnyRequest): readonly [key: string, perSecond: number] | null => {
    const token = bearerToken(request.headers.authorization)
    if (token !== undefined && owner.matches(Redacted.make(token))) return ["owner", rates.owner]
    const agent = (token === undefined ? null : door.knownAgent(token)) ?? certifiedAgent(request)
    if (agent !== null) return [`agent ${agent}`, rates.agent]
    const address = addressBucket(request.socket.remoteAddress ?? "")
    return address === null ? null : [`address ${address}`, rates.address]
  }

  const admit: Admit = (request) => {
    if (unlimited.has(request.url)) return null
    const bucket = bucketOf(request)
    if (bucket === null || bucket[1] === 0) return null
    const waitMs = buckets.take(bucket[0], rateOf(bucket[1]), clock.currentTimeMillisUnsafe())
    return waitMs === 0 ? null : Math.max(Math.ceil(waitMs / 1000), 1)
  }
  return admit
})

const body = JSON.stringify({
  type: "about:blank",
  title: "Too many requests",
  status: 429,
  detail: "Wait as long as Retry-After says, then go on.",
  code: "too_many_requests"
})

/** Turns a request away that came too early. */
export const refuseEarly = (response: ServerResponse | Http2ServerResponse, seconds: number): void => {
  const headers = { "content-type": "application/problem+json", "retry-after": String(seconds) }
  // The two have the same method, which the union's type hides.
  ;(response as ServerResponse).writeHead(429, headers).end(body)
}
