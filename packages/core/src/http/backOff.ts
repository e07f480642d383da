/** How long to wait before the next try of what failed: doubled each time up to a maximum, and never in step with others. Pure. */

/** The bounds of a back-off. */
export interface BackOff {
  /** After the first failure. */
  readonly firstMs: number
  readonly maxMs: number
  /** Chance makes a pause so much of what it would be, from the one share to the other; half to all of it where nothing is said. */
  readonly spread?: readonly [least: number, most: number]
}

const halfToAll = [0.5, 1] as const

// 2 ** 30 times anything is beyond every maximum.
const doublingsMax = 30

/** The pause after so many failures in a row; without any, it is that of the first. `random` is from 0 to 1. */
export const backOffMs = ({ firstMs, maxMs, spread }: BackOff, failures: number, random: number): number => {
  const [least, most] = spread ?? halfToAll
  const doublings = Math.min(Math.max(failures - 1, 0), doublingsMax)
  return Math.round(Math.min(firstMs * 2 ** doublings, maxMs) * (least + (most - least) * random))
}
