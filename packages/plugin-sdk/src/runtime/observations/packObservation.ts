/** An observation as bytes and back, for the store that seals them. */
import { actorTypes } from "@farmops/proof/vocabulary"
import { DateTime, Option, Redacted, Schema } from "effect"
import type { Observation } from "../../contract/Observation.ts"

const Head = Schema.fromJsonString(
  Schema.Struct({
    id: Schema.String,
    source: Schema.String,
    detected: Schema.Int,
    occurred: Schema.Int,
    subject: Schema.NullOr(Schema.String),
    actor: Schema.String,
    actor_type: Schema.Literals(actorTypes)
  })
)
const decodeHead = Schema.decodeUnknownOption(Head)
const encodeHead = Schema.encodeSync(Head)

const lengthBytes = 4

/** The length of the head, the head as JSON, and the raw data as it came. */
export const packObservation = (observation: Observation): Uint8Array => {
  const { actor, detectedAt, observationId, occurredAt, rawData, sourceType, subject } = observation
  const head = Buffer.from(
    encodeHead({
      id: observationId,
      source: sourceType,
      detected: detectedAt.epochMilliseconds,
      occurred: occurredAt.epochMilliseconds,
      subject,
      actor: Redacted.value(actor.identifier),
      actor_type: actor.type
    })
  )
  const length = Buffer.alloc(lengthBytes)
  length.writeUInt32BE(head.length)
  return Buffer.concat([length, head, rawData])
}

/** Null where the bytes are not what {@link packObservation} made. */
export const unpackObservation = (packed: Uint8Array): Observation | null => {
  const bytes = Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength)
  const end = bytes.length < lengthBytes ? -1 : lengthBytes + bytes.readUInt32BE(0)
  if (end < 0 || end > bytes.length) return null
  const head = decodeHead(bytes.subarray(lengthBytes, end).toString("utf8"))
  if (Option.isNone(head)) return null
  const { actor, actor_type, detected, id, occurred, source, subject } = head.value
  return {
    observationId: id,
    sourceType: source,
    rawData: new Uint8Array(bytes.subarray(end)),
    detectedAt: DateTime.makeUnsafe(detected),
    occurredAt: DateTime.makeUnsafe(occurred),
    subject,
    actor: { identifier: Redacted.make(actor, { label: "actor" }), type: actor_type }
  }
}
