/**
 * The messages of a Session as frames. Field by field, since the library's walk over a message's description is much of what a call
 * costs (docs/decisions/0015), and the last field first, as `frameWriter` wants it.
 */
import type { VerifyRequest } from "../gen/farmops/plugin/v1/plugin_pb.ts"
import {
  beginMessage,
  takeFrame,
  writeBytes,
  writeBytesHead,
  writeInt32,
  writeInt64,
  writePresentBytes,
  writeText,
  writtenBytes
} from "./frameWriter.ts"
import type { Verdict, VerifiedVerdict } from "./Verdict.ts"

// A message in a message, from where `writtenBytes` was `before`.
const endNested = (field: number, before: number): void => writeBytesHead(field, writtenBytes() - before)

const writeDetectedAt = ({ nanos, seconds }: NonNullable<VerifyRequest["detectedAt"]>): void => {
  const before = writtenBytes()
  writeInt32(2, nanos)
  writeInt64(1, seconds)
  endNested(4, before)
}

/** The question, but for its raw data: that is given apart, is not copied, and must be sent right after the frame. */
export const frameVerify = (id: bigint, request: VerifyRequest, rawBytes: number): Buffer => {
  beginMessage()
  writeBytesHead(3, rawBytes)
  writeBytes(6, request.memory)
  writeText(5, request.subject)
  if (request.detectedAt !== undefined) writeDetectedAt(request.detectedAt)
  writeText(2, request.sourceType)
  writeText(1, request.observationId)
  writeBytesHead(2, writtenBytes() + rawBytes)
  writeInt64(1, id)
  return takeFrame(rawBytes)
}

/** The message that the agent no longer waits. */
export const frameCancel = (id: bigint): Buffer => {
  beginMessage()
  writeBytesHead(3, 0)
  writeInt64(1, id)
  return takeFrame()
}

const writeHints = (hints: VerifiedVerdict["scoring_hints"]): void => {
  const before = writtenBytes()
  writeInt64(4, BigInt(hints.time_spent_seconds ?? 0))
  writeInt32(3, hints.artifacts_touched)
  writeInt32(2, hints.impact_radius)
  writeText(1, hints.complexity)
  endNested(7, before)
}

const writeWork = (verdict: VerifiedVerdict): void => {
  writeText(9, verdict.actor_type)
  writeBytes(8, verdict.evidence)
  writeHints(verdict.scoring_hints)
  writeText(6, verdict.description)
  writeText(5, verdict.subcategory)
  writeText(4, verdict.category)
  writeText(3, verdict.action_type)
}

/** The answer. Throws where a number of it is none. */
export const frameAnswer = (id: bigint, verdict: Verdict): Buffer => {
  beginMessage()
  // No bytes say something: forget the subject.
  if (verdict.remember) writePresentBytes(10, verdict.remember)
  if (verdict.verdict === "verified") writeWork(verdict)
  writeText(2, verdict.reason)
  writeText(1, verdict.verdict)
  endNested(2, 0)
  writeInt64(1, id)
  return takeFrame()
}

/** The answer where there is no verdict. */
export const frameFailure = (id: bigint, code: number, message: string): Buffer => {
  beginMessage()
  writeText(2, message)
  writeInt32(1, code)
  endNested(3, 0)
  writeInt64(1, id)
  return takeFrame()
}
