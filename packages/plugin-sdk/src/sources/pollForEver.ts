/** Looks at something again and again: at its own pace while that works, with back-off while it does not. Never two looks at once. */
import { backOffMs } from "@farmops/core/http/backOff"
import { Effect, Random } from "effect"
import type { SourceStatus } from "./SourceStatus.ts"

/** A look that saw nothing this time. The next one may. */
export interface LookFailed {
  /** A word from the source's closed list. */
  readonly code: string
  /** How long the other side asks to be left alone; null where it says nothing. */
  readonly retryAfterMs: number | null
}

// From a hiccup to an outage of a day: soon at first, and never so seldom that a person wonders.
const backOffMsMin = 1_000
const backOffMsMax = 5 * 60_000

// Whatever another side asks for, it is looked at again this day.
const retryAfterMsMax = 6 * 60 * 60_000

// Many agents that start together shall not ask together.
const spread = [0.9, 1.1] as const

/** How long to wait after `failures` failed looks in a row. `random` is from 0 to 1. Pure. */
export const waitMs = (everyMs: number, failures: number, retryAfterMs: number | null, random: number): number => {
  if (failures === 0) return backOffMs({ firstMs: everyMs, maxMs: everyMs, spread }, 0, random)
  const backOff = { firstMs: Math.max(everyMs, backOffMsMin), maxMs: backOffMsMax, spread }
  // Only ever later than asked for.
  return Math.max(backOffMs(backOff, failures, random), Math.min(retryAfterMs ?? 0, retryAfterMsMax))
}

/** Looks until it is interrupted, and tells `status` how it goes. */
export const pollForEver = Effect.fnUntraced(function* (
  everyMs: number,
  status: SourceStatus,
  look: Effect.Effect<void, LookFailed>
): Effect.fn.Return<never> {
  let failures = 0
  while (true) {
    const failed = yield* Effect.match(look, { onFailure: (failure) => failure, onSuccess: () => null })
    failures = failed === null ? 0 : failures + 1
    yield* failed === null ? status.watching : status.degraded(failed.code)
    yield* Effect.sleep(waitMs(everyMs, failures, failed?.retryAfterMs ?? null, yield* Random.next))
  }
})
