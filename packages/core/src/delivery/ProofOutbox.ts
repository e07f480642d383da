/**
 * Brings the proofs of a log to a tracker, in order and at least once. The cursor moves only after the tracker said that a
 * proof is on its disk, so a crash on either side costs a repeated request and never a proof.
 */
import { ProofLog } from "@farmops/proof/ProofLog"
import { Context, Effect, Layer, Queue, Random, Schema, SubscriptionRef } from "effect"
import type { RefusalCode } from "../farm/ProofRefused.ts"
import { backOffMs } from "../http/backOff.ts"
import { submitLinesMax, TrackerUnavailable } from "./submission.ts"
import { TrackerClient } from "./TrackerClient.ts"

/** How delivery stands, for the owner to see. Codes and counts only. */
export interface OutboxState {
  /** Proofs that the tracker has on its disk. */
  readonly delivered: number
  /** Proofs in the log that it has not. */
  readonly pending: number
  /** Why the last attempt did not succeed; null when it did. */
  readonly lastError: string | null
  /** The code with which the tracker refused a proof for good. Delivery rests until the next start: a person has to look. */
  readonly stopped: string | null
}

/** Codes that the owner cures with an approval, with a key or by restoring an archive, or time: this machine's clock may be ahead of the tracker's. */
const passingCodes: ReadonlySet<string> = new Set<RefusalCode>([
  "agent_unauthenticated",
  "agent_unknown",
  "agent_pending",
  "agent_frozen",
  "pending_full",
  "archived",
  "future_timestamp"
])

/**
 * The codes of a tracker that has lost its newest proofs, as after a restore from a backup: it asks for earlier ones, or does
 * not know the key to which the agent went over in one of them.
 */
const behindCodes: ReadonlySet<string> = new Set<RefusalCode>(["gap", "bad_signature"])

// A fifth more or less, so that many agents do not knock together.
const backOff = { firstMs: 1000, maxMs: 60_000, spread: [0.8, 1.2] } as const

/** The proof was not taken now and will be later. */
class NotYet extends Schema.TaggedError<NotYet>()("NotYet", { code: Schema.String }) {}

/** Longer than its own pause where the tracker asks for it. */
const pauseAfter = (failures: number, retryAfterMs: number | null) =>
  Effect.flatMap(Random.next, (random) =>
    Effect.sleep(Math.max(backOffMs(backOff, failures, random), Math.min(retryAfterMs ?? 0, backOff.maxMs)))
  )

const make = Effect.gen(function* () {
  const log = yield* ProofLog
  const client = yield* TrackerClient
  const state = yield* SubscriptionRef.make<OutboxState>({ delivered: 0, pending: 0, lastError: null, stopped: null })
  // One waiting wake stands for any number of them.
  const wakes = yield* Queue.sliding<void>(1)
  // Where to send from when the tracker is behind the cursor; back to null when it has caught up.
  let resendAfter: number | null = null

  const update = (change: Partial<OutboxState>) => SubscriptionRef.update(state, (now) => ({ ...now, ...change }))

  const refresh = Effect.gen(function* () {
    const delivered = (yield* log.deliveredThrough) + 1
    yield* update({ delivered, pending: (yield* log.count) - delivered })
  })

  // Shown before the first attempt; an unreadable log is met again, and reported, by that.
  yield* Effect.ignore(refresh)

  const stop = Effect.fnUntraced(function* (code: string) {
    yield* update({ lastError: code, stopped: code })
    yield* Effect.logError("the tracker refused a proof for good; delivery has stopped").pipe(
      Effect.annotateLogs({ code })
    )
    return false
  })

  const refused = Effect.fnUntraced(function* (code: string, accepted: number) {
    if (passingCodes.has(code)) return yield* new NotYet({ code })
    // A tracker that has just taken the proof before is not behind.
    if (behindCodes.has(code) && accepted === 0 && resendAfter === null && (yield* log.deliveredThrough) >= 0) {
      // Known proofs are answered with "already": sending all of them again is safe, and needs no trust in what was lost.
      resendAfter = -1
      yield* Effect.logWarning("the tracker is behind this log; sending the log again from its beginning")
      // After a pause: a tracker that is always behind must not be flooded.
      return yield* new NotYet({ code })
    }
    return yield* stop(code)
  })

  /** Sends the next batch. True when there may be more to send at once. */
  const deliverBatch = Effect.gen(function* () {
    yield* refresh
    const cursor = yield* log.deliveredThrough
    const entries = yield* log.entriesAfter(resendAfter ?? cursor, submitLinesMax)
    if (entries.length === 0) {
      yield* update({ lastError: null })
      return false
    }
    const results = yield* client.submit(entries.map(({ line }) => line))
    const firstRefused = results.findIndex(({ code }) => code !== null)
    const accepted = Math.min(firstRefused === -1 ? results.length : firstRefused, entries.length)
    const last = entries[accepted - 1]
    if (last !== undefined) {
      yield* log.markDelivered(last.sequence)
      if (resendAfter !== null) resendAfter = last.sequence >= cursor ? null : last.sequence
      yield* refresh
      yield* update({ lastError: null })
    }
    const code = results[accepted]?.code ?? null
    if (code !== null) return yield* refused(code, accepted)
    // A tracker that answers for no line at all would otherwise be asked again at once, and for ever.
    if (accepted === 0) return yield* new TrackerUnavailable({ reason: "no_answer", retryAfterMs: null })
    return true
  })

  const codeOf = (error: { readonly _tag: string; readonly code?: string }): string => error.code ?? error._tag

  let failures = 0

  /** Never fails: what cannot be done now is tried again, however long it takes. True when there may be more to do at once. */
  const attempt = deliverBatch.pipe(
    Effect.catchTag("TrackerRefused", ({ code }) => (passingCodes.has(code) ? new NotYet({ code }) : stop(code))),
    Effect.tap(() =>
      Effect.sync(() => {
        failures = 0
      })
    ),
    Effect.catch((error) => {
      failures++
      const asked = error._tag === "TrackerUnavailable" ? error.retryAfterMs : null
      return update({ lastError: codeOf(error) }).pipe(Effect.andThen(pauseAfter(failures, asked)), Effect.as(true))
    })
  )

  const run = Effect.gen(function* () {
    while (true) {
      while (yield* attempt) yield* Effect.yieldNow
      if ((yield* SubscriptionRef.get(state)).stopped !== null) return yield* Effect.never
      yield* Queue.take(wakes)
    }
  })

  return { state, wake: Effect.asVoid(Queue.offer(wakes, undefined)), run } as const
})

/** The delivery of one log. One fiber runs it; anybody may wake it after appending to the log. */
export class ProofOutbox extends Context.Service<
  ProofOutbox,
  {
    readonly state: SubscriptionRef.SubscriptionRef<OutboxState>
    /** Tells a running delivery that the log has grown. Cheap, and harmless at any time. */
    readonly wake: Effect.Effect<void>
    /** Delivers what there is and waits for more, for ever. Neither a tracker nor a log that is away ends it. */
    readonly run: Effect.Effect<never>
  }
>()("@farmops/core/delivery/ProofOutbox") {
  static readonly layer: Layer.Layer<ProofOutbox, never, ProofLog | TrackerClient> = Layer.effect(this, make)
}
