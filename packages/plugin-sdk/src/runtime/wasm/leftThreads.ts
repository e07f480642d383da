/**
 * Threads of this process that were told to end and are there still: between two places where an engine looks for an end, it
 * hears nothing. They are counted by the module that runs in them, so that no second one is started beside them.
 */
import type { Worker } from "node:worker_threads"

const left = new Map<string, Set<Worker>>()

// An exit waits for every thread. Nothing that was acknowledged is lost by not waiting.
const exitAtOnce = (): void => {
  if (left.size > 0) process.kill(process.pid, "SIGKILL")
}

/** How many there are of the module with this digest. */
export const leftThreads = (digest: string): number => left.get(digest)?.size ?? 0

/** Counts a thread until it ends after all. Neither its life nor an exit of the process waits for it any more. */
export const leaveThread = (digest: string, worker: Worker): void => {
  const ofModule = left.get(digest) ?? new Set()
  left.set(digest, ofModule.add(worker))
  process.off("exit", exitAtOnce).on("exit", exitAtOnce)
  worker.unref()
  worker.once("exit", () => {
    ofModule.delete(worker)
    if (ofModule.size === 0) left.delete(digest)
  })
}
