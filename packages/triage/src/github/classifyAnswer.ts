/** Tells apart what GitHub's statuses and headers mean for the next step. Pure: the same answer at the same time means the same. */

/** What a caller has to know of an answer that is no success. */
export type Trouble =
  | { readonly _tag: "RateLimited"; readonly kind: "primary" | "secondary"; readonly retryAfterMs: number }
  | { readonly _tag: "TokenRefused" }
  | { readonly _tag: "Refused"; readonly status: number; readonly detail: string }
  /** The request may have had its effect. */
  | { readonly _tag: "NoClearAnswer"; readonly reason: "server_error" | "timed_out" }

/** An answer with its headers in lower case. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly data: unknown
}

/** A limit is never further away than an hour; five minutes more for a clock that goes wrong. */
const pauseMsMax = 65 * 60_000

/** GitHub's rule for a secondary limit that names no time: at least a minute, and longer each time. */
const secondaryMs = { first: 60_000, max: 15 * 60_000 } as const

const detailMax = 200

const whole = (text: string | undefined): number | null =>
  text !== undefined && /^\d{1,12}$/.test(text) ? Number(text) : null

/** GitHub's own words, for a log or a terminal: without control characters, and cut. */
const detailOf = (data: unknown): string => {
  const message = typeof data === "object" && data !== null && "message" in data ? data.message : data
  return (typeof message === "string" ? message : "no reason given")
    .replace(/[\p{Cc}\p{Cf}]+/gu, " ")
    .slice(0, detailMax)
}

const bounded = (ms: number): number => Math.min(Math.max(Math.ceil(ms), 1000), pauseMsMax)

/** Until the primary limit begins anew, by GitHub's clock where the answer tells it, plus a second. */
const untilReset = ({ headers }: Answer, nowMs: number): number => {
  const reset = whole(headers["x-ratelimit-reset"])
  const theirs = Date.parse(headers.date ?? "")
  return reset === null ? secondaryMs.first : reset * 1000 - (Number.isNaN(theirs) ? nowMs : theirs) + 1000
}

const limitOf = (answer: Answer, nowMs: number, limitsInARow: number): Trouble | null => {
  const { data, headers, status } = answer
  const retryAfter = whole(headers["retry-after"])
  if (retryAfter !== null) return { _tag: "RateLimited", kind: "secondary", retryAfterMs: bounded(retryAfter * 1000) }
  if (headers["x-ratelimit-remaining"] === "0") {
    return { _tag: "RateLimited", kind: "primary", retryAfterMs: bounded(untilReset(answer, nowMs)) }
  }
  if (status !== 429 && !/\brate limit|abuse detection/i.test(detailOf(data))) return null
  const retryAfterMs = Math.min(secondaryMs.first * 2 ** Math.min(limitsInARow, 8), secondaryMs.max)
  return { _tag: "RateLimited", kind: "secondary", retryAfterMs }
}

/** What is wrong with an answer; null for a success and for 304. `limitsInARow` counts the limited answers just before it. */
export const classifyAnswer = (answer: Answer, nowMs: number, limitsInARow: number): Trouble | null => {
  const { data, status } = answer
  if ((status >= 200 && status < 300) || status === 304) return null
  if (status === 401) return { _tag: "TokenRefused" }
  if (status === 403 || status === 429) {
    const limit = limitOf(answer, nowMs, limitsInARow)
    if (limit !== null) return limit
  }
  if (status === 408) return { _tag: "NoClearAnswer", reason: "timed_out" }
  if (status >= 300 && status < 400) {
    return { _tag: "Refused", status, detail: "the repository has another name now, or was moved; give its new name" }
  }
  if (status >= 400 && status < 500) return { _tag: "Refused", status, detail: detailOf(data) }
  return { _tag: "NoClearAnswer", reason: "server_error" }
}
