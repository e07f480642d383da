/** What a source saw. It holds raw data (L0) and never leaves the agent: not in a proof, a log line, a span or an answer. */

import type { ActorType } from "@farmops/proof/vocabulary"
import type { DateTime, Redacted } from "effect"

/** One event of a source, on its way to a plugin. */
export interface Observation {
  /** Opaque, and the same for the same event however often it is seen: the idempotency key. */
  readonly observationId: string
  /** For example "git". */
  readonly sourceType: string
  /** The event as JSON in UTF-8; its shape is the source's own. At most {@link rawDataBytesMax}. */
  readonly rawData: Uint8Array
  readonly detectedAt: DateTime.Utc
  /** When the work was done; never later than `detectedAt`. */
  readonly occurredAt: DateTime.Utc
  /**
   * What it is about: opaque, and the same for every observation of the same thing. Those are delivered one at a time, in order,
   * and a plugin may have something remembered between them. Null where each stands for itself.
   */
  readonly subject: string | null
  /** Who did the work. The identifier is hashed with the farm's salt before anything leaves the agent. */
  readonly actor: { readonly identifier: Redacted.Redacted<string>; readonly type: ActorType }
}

/** The longest `observationId` and `subject`, in characters: a digest, or a few short words. */
export const idLengthMax = 256

/** The most bytes of one message of the contract: what gRPC libraries take unless they are told otherwise. */
export const messageBytesMax = 4 * 1024 * 1024

/** The most bytes of `rawData`: what is left of a message for it, with room for the other fields. */
export const rawDataBytesMax = messageBytesMax - 256 * 1024

const utf8 = new TextDecoder("utf-8", { fatal: true })

/** The JSON in `rawData`; undefined, which no JSON says, where it is not JSON in UTF-8. */
export const readRawData = (rawData: Uint8Array): unknown => {
  try {
    return JSON.parse(utf8.decode(rawData))
  } catch {
    return undefined
  }
}
