/**
 * Times several ways of doing work in turn: each round is cut into slices, and in every slice each way does its share, so
 * that a neighbour who wakes up slows all of them down alike. What counts is the process's own time on the cores, that of
 * its collector included. Ratios are taken round by round.
 */
import { median } from "../report.ts"

/** Seconds of each round, and for how many records. */
export interface Timed {
  readonly count: number
  readonly seconds: Array<number>
}

/** One way of doing the work. `begin` starts a run, outside the time; what it returns does records `from` to `to`. */
export interface Case extends Timed {
  readonly begin: () => (from: number, to: number) => void
}

/** `count` records are one run: less than all where one record takes long. */
export const makeCase = (count: number, begin: Case["begin"]): Case => ({ count, begin, seconds: [] })

const slices = 10

const runSlice = ({ count }: Case, work: ReturnType<Case["begin"]>, slice: number): number => {
  const began = process.cpuUsage()
  work(Math.floor((count * slice) / slices), Math.floor((count * (slice + 1)) / slices))
  const { system, user } = process.cpuUsage(began)
  return (system + user) / 1e6
}

/** Fills in the seconds. The first slice of each case is run once before the rounds, for the compiler. */
export const takeTurns = (cases: ReadonlyArray<Case>, rounds: number): void => {
  for (const each of cases) runSlice(each, each.begin(), 0)
  for (let round = 0; round < rounds; round++) {
    const running = cases.map((each) => ({ each, work: each.begin(), seconds: 0 }))
    for (let slice = 0; slice < slices; slice++) {
      for (const run of running) run.seconds += runSlice(run.each, run.work, slice)
    }
    for (const { each, seconds } of running) each.seconds.push(seconds)
  }
}

/** Records a second, the median of the rounds. */
export const rateOf = ({ count, seconds }: Timed): number => Math.round(count / median(seconds))

/** How many times as fast as the other, the median of the rounds. */
export const timesAsFast = (one: Timed, other: Timed): number =>
  median(one.seconds.map((seconds, round) => (one.count / seconds) * ((other.seconds[round] ?? 0) / other.count)))
