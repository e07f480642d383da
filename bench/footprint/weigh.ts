/** What a process and those that it started take of memory and processor, as Linux counts it. */
import { readFileSync } from "node:fs"
import { childrenOf, pause, rssMb } from "../program.ts"
import { median } from "../report.ts"

// Linux counts in hundredths of a second, on every machine that Node runs on.
const ticksPerSecond = 100

const sampleMs = 2_000

const ticksOf = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ")
  return Number(fields[11]) + Number(fields[12])
}

const sum = (values: ReadonlyArray<number>) => values.reduce((total, value) => total + value, 0)

/** Over some seconds in which nothing was asked of it. */
export interface Weight {
  readonly ownMb: number
  /** With the processes that it started. */
  readonly treeMb: number
  /** Of one core, all of them together. */
  readonly cpuPercent: number
}

/** Weighs the process for `seconds`: medians of its memory, and the time that it took of the processor. */
export const weigh = async (pid: number, seconds: number): Promise<Weight> => {
  const tree = [pid, ...childrenOf(pid)]
  const began = performance.now()
  const before = sum(tree.map(ticksOf))
  const own: Array<number> = []
  const whole: Array<number> = []
  while (performance.now() - began < seconds * 1000) {
    await pause(sampleMs)
    own.push(rssMb(pid))
    whole.push(sum(tree.map(rssMb)))
  }
  const spent = (sum(tree.map(ticksOf)) - before) / ticksPerSecond
  const cpuPercent = (100 * spent) / ((performance.now() - began) / 1000)
  return { ownMb: median(own), treeMb: median(whole), cpuPercent }
}
