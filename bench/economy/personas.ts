/** Who works on the farms of the simulation, honestly or not. Each has a farm of their own. */

import type { Random } from "./random.ts"
import { ordinaryWork, type Work } from "./Work.ts"

export interface Persona {
  readonly name: string
  readonly does: string
  /** The work of one day that begins at `midnight`, in the order in which it arrives. Day 0 is the first. */
  readonly day: (at: { readonly day: number; readonly midnight: number }, random: Random) => ReadonlyArray<Work>
  /** Zones that the ledger is moved through, each as soon as it can be; absent where it stays in UTC. */
  readonly zones?: ReadonlyArray<string>
}

const hour = 3600

const weekdayAt = (midnight: number): number => new Date(midnight * 1000).getUTCDay()

const isWeekend = (midnight: number) => weekdayAt(midnight) % 6 === 0

/** So many pieces of ordinary work between nine and six. */
const officeHours = (count: number, midnight: number, random: Random, actor = "a"): ReadonlyArray<Work> =>
  Array.from({ length: count }, (_, at) => {
    const seconds = midnight + 9 * hour + Math.floor(((at + random()) / count) * 9 * hour)
    return ordinaryWork(random, actor, seconds)
  })

const weekdayCount = 8
const heavyCount = 20

const healthCheck = (at: number, plugin: string): Work => ({
  at,
  actor: "a",
  plugin,
  actionType: "verify",
  category: "maintenance",
  complexity: "low",
  impact: 1
})

/** What two people do who do nothing but take each other's small changes in. */
const eachOthers: ReadonlyArray<Pick<Work, "plugin" | "actionType" | "category">> = [
  { plugin: "farmops/git-history", actionType: "deploy", category: "upgrade" },
  { plugin: "farmops/pr-review", actionType: "review", category: "toil" }
]

const daysRolled = 30

export const casual: Persona = {
  name: "casual",
  does: "three pieces of work on Monday, Wednesday and Friday",
  day: ({ midnight }, random) => (weekdayAt(midnight) % 2 === 1 ? officeHours(3, midnight, random) : [])
}

export const weekday: Persona = {
  name: "weekday worker",
  does: `${weekdayCount} pieces of work from Monday to Friday`,
  day: ({ midnight }, random) => (isWeekend(midnight) ? [] : officeHours(weekdayCount, midnight, random))
}

export const rested: Persona = {
  name: "two weeks' rest",
  does: "as the weekday worker, and nothing at all in two weeks of August",
  day: ({ day, midnight }, random) => {
    const works = weekday.day({ day, midnight }, random)
    return day >= 214 && day < 228 ? [] : works
  }
}

export const heavy: Persona = {
  name: "heavy",
  does: `${heavyCount} pieces of work from Monday to Saturday`,
  day: ({ midnight }, random) => (weekdayAt(midnight) === 0 ? [] : officeHours(heavyCount, midnight, random))
}

export const idleTimer: Persona = {
  name: "idle timer",
  does: "one health check every five minutes, day and night",
  day: ({ midnight }) => Array.from({ length: 288 }, (_, at) => healthCheck(midnight + at * 300, "farmops/pod-health"))
}

export const eightTimers: Persona = {
  name: "eight timers",
  does: "eight kinds of health check, each every hour, day and night",
  day: ({ midnight }) =>
    Array.from({ length: 192 }, (_, at) => healthCheck(midnight + at * 450, `farmops/check-${at % 8}`))
}

export const colluders: Persona = {
  name: "two colluders",
  does: "two people who take in forty small changes of each other every day",
  day: ({ midnight }) =>
    Array.from({ length: 160 }, (_, at) => ({
      at: midnight + 8 * hour + at * 300,
      actor: at % 4 < 2 ? "a" : "b",
      ...(eachOthers[at % 2] ?? healthCheck(0, "")),
      complexity: "low",
      impact: 2
    }))
}

export const clockRoller: Persona = {
  name: "clock-roller",
  does: `the work of the heavy one, dated up to ${daysRolled} days back or five minutes ahead, in a ledger whose zone is changed at every chance`,
  zones: ["Etc/GMT-14", "Etc/GMT+12", "Pacific/Auckland", "America/Los_Angeles"],
  day: ({ day, midnight }, random) =>
    heavy.day({ day, midnight }, random).map((work, at) => {
      const back = Math.floor(random() * daysRolled * 24 * hour)
      return { ...work, at: at % 4 === 0 ? work.at + 300 : Math.max(work.at - back, midnight - day * 24 * hour) }
    })
}

export const personas: ReadonlyArray<Persona> = [
  casual,
  weekday,
  rested,
  heavy,
  idleTimer,
  eightTimers,
  colluders,
  clockRoller
]
