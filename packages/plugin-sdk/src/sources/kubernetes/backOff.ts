/** How long to wait before the next try: twice as long each time, and never in step with another agent. */

/** The bounds of a back-off. */
export interface BackOffPace {
  readonly firstMs: number
  readonly maxMs: number
}

/** `random` is from 0 up to 1; at least half of the pause is kept, so that it never becomes none. */
export const backOffMs = ({ firstMs, maxMs }: BackOffPace, attempt: number, random: number): number => {
  // 2 ** 30 times anything is beyond every maximum.
  const pause = Math.min(maxMs, firstMs * 2 ** Math.min(attempt, 30))
  return Math.round(pause * (0.5 + random / 2))
}
