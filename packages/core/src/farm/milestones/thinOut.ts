/** Which milestones go when there are too many. Pure. */

/** Kept at once. A year's sums have some hundred kilobytes, so all of them stay below a few dozen megabytes. */
export const milestonesMax = 32

/** The sizes that go, of sizes in order: those between the closest neighbours, and never one of the newest two. */
export const thinOut = (sizes: ReadonlyArray<number>): ReadonlyArray<number> => {
  const kept = [...sizes]
  const gone: Array<number> = []
  while (kept.length > milestonesMax) {
    // Without the one at `at` a replay from before the next would begin at the one before it.
    const gap = (at: number) => (kept[at + 1] ?? 0) - (kept[at - 1] ?? 0)
    let least = 0
    for (let at = 1; at < kept.length - 2; at++) if (gap(at) < gap(least)) least = at
    gone.push(...kept.splice(least, 1))
  }
  return gone
}
