/** What a tracker says to a run of proofs, and the two ways in which it may not say anything. */
import { Schema } from "effect"

/** The tracker's word on one proof. Where `code` is null the proof is on the tracker's disk. */
export interface SubmitResult {
  readonly coins: number
  /** The proof is on the tracker's disk and is scored once the agent is approved. */
  readonly pending: boolean
  /** The tracker held these very bytes before: as good as accepted. */
  readonly already: boolean
  /** The stable code of a refusal; null when accepted. */
  readonly code: string | null
  readonly detail: string
}

/** The most lines that one `submit` takes: 256 × 8 KiB is 2 MiB on the wire and one group commit at the tracker. */
export const submitLinesMax = 256

/** How long a batch may take. It is stored in well under a second; a tracker that needs this long is in trouble. */
export const submitTimeoutMs = 30_000

/** The tracker does not answer, or not now. Nothing is lost by trying again. */
export class TrackerUnavailable extends Schema.TaggedError<TrackerUnavailable>()("TrackerUnavailable", {
  reason: Schema.String,
  /** How long the tracker asks to wait; null where it says nothing. */
  retryAfterMs: Schema.NullOr(Schema.Int)
}) {
  override get message() {
    return `the tracker does not answer now (${this.reason})`
  }
}

/** The tracker answered and refused the request as a whole. The same request will be refused again. */
export class TrackerRefused extends Schema.TaggedError<TrackerRefused>()("TrackerRefused", {
  status: Schema.Int,
  code: Schema.String,
  detail: Schema.String
}) {
  override get message() {
    return `the tracker refused: ${this.detail} (${this.code})`
  }
}
