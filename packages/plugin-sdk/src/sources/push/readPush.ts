/** From a tool's push to an observation, or to why it is none. Pure: the time now is an argument. */
import { DateTime, Redacted } from "effect"
import { idLengthMax, type Observation, readRawData } from "../../contract/Observation.ts"
import type { PushRequest } from "../../gen/farmops/source/v1/source_pb.ts"
import type { Named } from "../localObservation.ts"
import { opaqueId } from "../opaqueId.ts"
import type { PushOptions } from "./PushOptions.ts"

/** The most bytes of one event: what tools report is far smaller, and this many fit into memory many times. */
export const pushBytesMax = 1024 * 1024

/** The longest id of an event, in characters. */
export const eventIdLengthMax = 128

/** What is wrong with a push, in words that say nothing of its content. */
export type PushFault =
  | "this agent takes nothing from that source_type"
  | "event_id must have 1 to 128 characters"
  | "raw_data must be JSON in UTF-8"
  | "raw_data must have at most 1 MiB"
  | "subject and actor must have at most 256 characters"

// Seconds of the year 9999; what is later is no time.
const secondsMax = 253_402_300_799n

const timeOf = ({ occurredAt }: PushRequest, nowMs: number): number => {
  if (occurredAt === undefined) return nowMs
  const { nanos, seconds } = occurredAt
  if (seconds < 0n || seconds > secondsMax) return nowMs
  return Math.min(Number(seconds) * 1000 + Math.floor(nanos / 1e6), nowMs)
}

/** Reads one push. */
export const readPush = (
  options: PushOptions & Named,
  request: PushRequest,
  nowMs: number
): Observation | PushFault => {
  // Untrusted: sent by any process of this user that knows the token.
  const { actor, eventId, rawData, sourceType, subject } = request
  if (!options.source_types.includes(sourceType)) return "this agent takes nothing from that source_type"
  if (eventId === "" || eventId.length > eventIdLengthMax) return "event_id must have 1 to 128 characters"
  if (rawData.length > pushBytesMax) return "raw_data must have at most 1 MiB"
  if (readRawData(rawData) === undefined) return "raw_data must be JSON in UTF-8"
  if (subject.length > idLengthMax || actor.length > idLengthMax) {
    return "subject and actor must have at most 256 characters"
  }
  return {
    observationId: opaqueId("farmops/push", options.name, sourceType, eventId),
    sourceType,
    rawData,
    detectedAt: DateTime.makeUnsafe(nowMs),
    occurredAt: DateTime.makeUnsafe(Math.max(0, timeOf(request, nowMs))),
    subject: subject === "" ? null : opaqueId("farmops/push subject", options.name, sourceType, subject),
    actor: {
      identifier: Redacted.make(actor === "" ? options.actor : actor.toLowerCase(), { label: "actor" }),
      type: options.actor_type ?? "human"
    }
  }
}
