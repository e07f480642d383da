/**
 * Finds a composite's steps among remembered moments of work. Agents deliver late and in any order, so moments are put in
 * order by the work's own time; where two are of the same second, the ledger's order decides.
 */
import type { CompositeStep } from "./Achievement.ts"
import { momentsMax } from "./AchievementState.ts"

/** Pairs of a time in seconds and a position, in order. */
export type Moments = ReadonlyArray<number>

/** What of a piece of work a condition may look at. */
export interface Matchable {
  readonly plugin: string
  readonly category: string
  readonly action_type: string
}

/** Whether work is of the kind that a condition or a step names. */
export const isOfKind = (
  work: Matchable,
  { action_type, category, plugins }: Pick<CompositeStep, "plugins" | "category" | "action_type">
): boolean =>
  (category === null || category === work.category) &&
  (action_type === null || action_type === work.action_type) &&
  (plugins === null || plugins.includes(work.plugin))

/** The moments with one more; of too many, the oldest is forgotten. */
export const withMoment = (moments: Moments, seconds: number, position: number): Moments => {
  let at = moments.length
  while (at > 0 && isAfter(moments, at - 2, seconds, position)) at -= 2
  const all = moments.toSpliced(at, 0, seconds, position)
  return all.length > 2 * momentsMax ? all.slice(2) : all
}

const isAfter = (moments: Moments, at: number, seconds: number, position: number): boolean => {
  const time = moments[at] ?? 0
  return time > seconds || (time === seconds && (moments[at + 1] ?? 0) > position)
}

/** Whether there is one moment for each step, each after the one before, the last within the window of the first. */
export const isComplete = (steps: ReadonlyArray<Moments>, windowSeconds: number): boolean => {
  const [first = [], ...rest] = steps
  // A later beginning never has an earlier next step, so each cursor only goes on.
  const cursors = rest.map(() => 0)
  for (let at = 0; at < first.length; at += 2) {
    const begin = first[at] ?? 0
    let seconds = begin
    let position = first[at + 1] ?? 0
    for (const [index, moments] of rest.entries()) {
      let next = cursors[index] ?? 0
      while (next < moments.length && !isAfter(moments, next, seconds, position)) next += 2
      if (next >= moments.length) return false
      cursors[index] = next
      seconds = moments[next] ?? 0
      position = moments[next + 1] ?? 0
    }
    if (seconds - begin <= windowSeconds) return true
  }
  return false
}
