/** When a unit that ended is started again: each time later, never all at once, and not for ever. Pure. */
import type { RestartPolicy } from "./PluginManifest.ts"

/** The ends that still count at `now`, this one included. Times are monotonic milliseconds. */
export const countEnd = (
  ends: ReadonlyArray<number>,
  now: number,
  { windowMs }: RestartPolicy
): ReadonlyArray<number> => [...ends.filter((at) => now - at < windowMs), now]

/** Whether the unit has used up its budget of ends within the window. */
export const isSpent = (ends: ReadonlyArray<number>, { again, crashBudget }: RestartPolicy): boolean =>
  !again || ends.length > crashBudget

/**
 * How long to wait after the last of `ends`: doubled with each, and a random half of it taken off, so that what failed together
 * does not come back together. `random` is from 0 to 1.
 */
export const backOffMs = (
  ends: ReadonlyArray<number>,
  { backOffFirstMs, backOffMsMax }: RestartPolicy,
  random: number
): number => {
  // Past 30 doublings the maximum holds in any case.
  const doubled = backOffFirstMs * 2 ** Math.min(Math.max(ends.length - 1, 0), 30)
  return Math.round(Math.min(doubled, backOffMsMax) * (1 - random / 2))
}
