/** Numbers that look random and are the same in every run and on every machine. */

/** Draws from 0 up to, but not, 1. */
export type Random = () => number

/** One sequence for each seed. */
export const randomFrom = (seed: number): Random => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** One of some, each as likely as its weight says. */
export const pick = <A>(random: Random, weighted: ReadonlyArray<readonly [A, number]>): A => {
  const total = weighted.reduce((sum, [, weight]) => sum + weight, 0)
  let left = random() * total
  for (const [value, weight] of weighted) {
    left -= weight
    if (left < 0) return value
  }
  const last = weighted.at(-1)
  if (last === undefined) throw new Error("there is nothing to pick from")
  return last[0]
}
