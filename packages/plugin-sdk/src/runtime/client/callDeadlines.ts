/**
 * The deadlines of many calls on one timer. Nearly every call ends long before its own, and to set and clear a timer for each costs
 * about what its bytes cost. While a call waits the timer holds the process, and with none it does not.
 */

/** A call that ends at `atMs`, unless it was removed before. */
export interface CallDeadline {
  /** On the clock of `performance.now`. */
  readonly atMs: number
  readonly expire: () => void
}

/** Each deadline expires once, and never early. */
export const makeCallDeadlines = () => {
  const waiting = new Set<CallDeadline>()
  let timer: NodeJS.Timeout | null = null
  // When the timer fires: no later than the first deadline, and earlier where that call is gone already.
  let timerAtMs = Number.POSITIVE_INFINITY

  const arm = (atMs: number) => {
    if (timer !== null) clearTimeout(timer)
    timerAtMs = atMs
    timer = setTimeout(fire, Math.ceil(atMs - performance.now()))
  }

  const fire = () => {
    timer = null
    timerAtMs = Number.POSITIVE_INFINITY
    const nowMs = performance.now()
    for (const deadline of [...waiting]) {
      if (deadline.atMs > nowMs || !waiting.delete(deadline)) continue
      deadline.expire()
    }
    // A call that expired may have let its maker begin another, which armed the timer for itself alone.
    const firstAtMs = Math.min(...Array.from(waiting, ({ atMs }) => atMs))
    if (firstAtMs < timerAtMs) arm(firstAtMs)
  }

  return {
    add: (deadline: CallDeadline): void => {
      waiting.add(deadline)
      if (deadline.atMs < timerAtMs) arm(deadline.atMs)
      else if (waiting.size === 1) timer?.ref()
    },
    remove: (deadline: CallDeadline): void => {
      waiting.delete(deadline)
      if (waiting.size === 0) timer?.unref()
    },
    /** How many have neither expired nor been removed. */
    waiting: (): number => waiting.size
  }
}
