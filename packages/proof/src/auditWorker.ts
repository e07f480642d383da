/**
 * The thread that an `AuditPool` starts: verifies one segment after another and answers each. It is a file of its own beside
 * `AuditPool`, in the sources, in dist and beside a bundle.
 */
import { parentPort, workerData } from "node:worker_threads"
import { type AuditLibrary, auditBackend } from "./internal/auditBackend.ts"
import { type Segment, type SegmentVerdict, verifySegment } from "./internal/segment.ts"

/** One piece of work; the answer carries its number. */
export interface AuditJob {
  readonly job: number
  readonly segment: Segment
}

/** The answer to one piece of work. */
export interface AuditAnswer {
  readonly job: number
  readonly verdict: SegmentVerdict
}

const found = auditBackend(workerData as AuditLibrary)
// The pool has used the same library already, so this is a broken installation: the thread ends, and its pool says so.
if (!found.ok) throw new Error(found.detail)
const { backend } = found

parentPort?.on("message", ({ job, segment }: AuditJob) => {
  const verdict = verifySegment(segment, backend)
  const answer: AuditAnswer = { job, verdict }
  parentPort?.postMessage(answer, verdict.ok ? [verdict.ids.buffer] : [])
})
