/** Which ends of a unit count, and how many are too many. Pure. */
import type { RestartPolicy } from "../PluginManifest.ts"

/** The ends that still count at `now`, this one included. Times are monotonic milliseconds. */
export const countEnd = (
  ends: ReadonlyArray<number>,
  now: number,
  { windowMs }: RestartPolicy
): ReadonlyArray<number> => [...ends.filter((at) => now - at < windowMs), now]

/** Whether the unit has used up its budget of ends within the window. */
export const isSpent = (ends: ReadonlyArray<number>, { again, crashBudget }: RestartPolicy): boolean =>
  !again || ends.length > crashBudget
