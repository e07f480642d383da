/** One thread of an `AuditPool`, with the questions that it has not answered yet. */
import { Worker } from "node:worker_threads"
import { Effect, Schema, type Scope } from "effect"
import type { AuditAnswer, AuditJob } from "../auditWorker.ts"
import type { AuditLibrary } from "./auditBackend.ts"
import type { Segment, SegmentVerdict } from "./segment.ts"

/** A thread of the pool ended before it answered, so nothing is known of the chain. Another audit starts a new thread. */
export class AuditWorkerDied extends Schema.TaggedError<AuditWorkerDied>()("AuditWorkerDied", {
  cause: Schema.Defect()
}) {}

/** A thread that verifies segments. Once it has died it answers every question with its death. */
export interface AuditThread {
  readonly verify: (segment: Segment) => Effect.Effect<SegmentVerdict, AuditWorkerDied>
}

const open = (file: URL, library: AuditLibrary) => {
  const worker = new Worker(file, { name: "farmops-audit", workerData: library })
  const waiting = new Map<number, (answer: Effect.Effect<SegmentVerdict, AuditWorkerDied>) => void>()
  let jobs = 0
  let death: AuditWorkerDied | null = null
  const die = (cause: unknown) => {
    death ??= new AuditWorkerDied({ cause })
    for (const resume of waiting.values()) resume(Effect.fail(death))
    waiting.clear()
  }
  worker.on("error", die)
  worker.on("messageerror", die)
  worker.on("exit", (code) => die(new Error(`the thread ended with ${code}`)))
  worker.on("message", ({ job, verdict }: AuditAnswer) => {
    waiting.get(job)?.(Effect.succeed(verdict))
    waiting.delete(job)
  })
  const verify = (segment: Segment) =>
    Effect.callback<SegmentVerdict, AuditWorkerDied>((resume) => {
      if (death !== null) return resume(Effect.fail(death))
      const question: AuditJob = { job: jobs++, segment }
      waiting.set(question.job, resume)
      worker.postMessage(question, [segment.bytes.buffer, segment.ends.buffer])
      return Effect.sync(() => void waiting.delete(question.job))
    })
  return { worker, verify }
}

/** Starts a thread that ends with the scope. */
export const startAuditThread = (
  file: URL,
  library: AuditLibrary
): Effect.Effect<AuditThread, AuditWorkerDied, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.try({ try: () => open(file, library), catch: (cause) => new AuditWorkerDied({ cause }) }),
    ({ worker }) => Effect.promise(() => worker.terminate())
  )
