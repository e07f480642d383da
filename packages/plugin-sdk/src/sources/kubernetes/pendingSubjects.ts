/**
 * What has changed and is not handed over yet. A subject waits until it has been quiet for a moment, so that a rollout is a few
 * observations and not a storm; what changes while it waits replaces what it waited with. Never more than one entry for a subject.
 */

/** How long a subject waits. */
export interface Quiet {
  /** Since its last change. */
  readonly quietMs: number
  /** Since its first, however busy it is. */
  readonly waitMsMax: number
}

interface Waiting<A> {
  readonly value: A
  readonly sinceMs: number
  readonly dueMs: number
}

/** Subjects by key. */
export interface PendingSubjects<A> {
  /** `merge` makes one of what waited and what came; null forgets both. */
  readonly add: (key: string, value: A, nowMs: number, merge: (waited: A, came: A) => A | null) => void
  /** When the first of those that `isFree` lets go is due; null when none waits. */
  readonly nextMs: (isFree: (value: A) => boolean) => number | null
  /** Those that are due, which no longer wait. */
  readonly take: (nowMs: number, isFree: (value: A) => boolean) => ReadonlyArray<A>
  readonly size: () => number
}

/** An empty one. */
export const makePendingSubjects = <A>({ quietMs, waitMsMax }: Quiet): PendingSubjects<A> => {
  const waiting = new Map<string, Waiting<A>>()
  return {
    add: (key, value, nowMs, merge) => {
      const before = waiting.get(key)
      const merged = before === undefined ? value : merge(before.value, value)
      if (merged === null) {
        waiting.delete(key)
        return
      }
      const sinceMs = before?.sinceMs ?? nowMs
      waiting.set(key, { value: merged, sinceMs, dueMs: Math.min(nowMs + quietMs, sinceMs + waitMsMax) })
    },
    nextMs: (isFree) => {
      let next: number | null = null
      for (const { dueMs, value } of waiting.values()) {
        if (isFree(value) && (next === null || dueMs < next)) next = dueMs
      }
      return next
    },
    take: (nowMs, isFree) => {
      const due = [...waiting].filter(([, { dueMs, value }]) => dueMs <= nowMs && isFree(value))
      for (const [key] of due) waiting.delete(key)
      return due.map(([, { value }]) => value)
    },
    size: () => waiting.size
  }
}
