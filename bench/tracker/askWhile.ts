/** Asks a tracker for its farm again and again while something else goes on, as a page that somebody looks at does. */
import { setTimeout as pause } from "node:timers/promises"
import { rounded } from "../report.ts"

const betweenMs = 20

/** Collects the milliseconds of each answer over every `during`. */
export const askWhile = (url: string) => {
  const times: Array<number> = []
  const during = async <A>(work: Promise<A>): Promise<A> => {
    let isOver = false
    const asking = (async () => {
      while (!isOver) {
        const began = performance.now()
        const answer = await fetch(url)
        await answer.arrayBuffer()
        if (!answer.ok) throw new Error(`the farm answered ${answer.status}`)
        times.push(performance.now() - began)
        await pause(betweenMs)
      }
    })()
    try {
      return await work
    } finally {
      isOver = true
      await asking
    }
  }
  return {
    during,
    times: () => {
      const sorted = times.toSorted((a, b) => a - b)
      const quantile = (share: number) => rounded(sorted[Math.floor(sorted.length * share)] ?? Number.NaN)
      return { p50_ms: quantile(0.5), p99_ms: quantile(0.99) }
    }
  }
}
