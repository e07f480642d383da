/** A plugin that repeats what it is told, and keeps back what begins with "hold" until it is released. */
import { Schema } from "effect"
import { definePlugin, inconclusive, verified } from "../src/author/definePlugin.ts"

// There is no half an artifact, and no way to write it down.
const half = verified({
  action: "verify",
  category: "maintenance",
  description: "Did it",
  complexity: "low",
  impactRadius: 1,
  artifactsTouched: 0.5,
  evidence: null
})

export const makeEcho = () => {
  const held: Array<() => void> = []
  const waiting: Array<{ readonly count: number; readonly done: () => void }> = []
  let arrived = 0
  const arrive = () => {
    arrived++
    for (const { count, done } of waiting) if (arrived >= count) done()
  }
  const plugin = definePlugin({
    id: "farmops/echo",
    version: "1.0.0",
    description: "For tests.",
    categories: ["maintenance"],
    sources: { test: { data: Schema.String } },
    templates: [],
    verify: async ({ data }) => {
      arrive()
      if (data === "throw") throw new Error("marker-in-an-error")
      if (data === "huge") return inconclusive("x".repeat(5 * 1024 * 1024))
      if (data === "half") return half
      if (data.startsWith("hold")) await new Promise<void>((release) => held.push(release))
      return inconclusive(data.slice(0, 100))
    }
  })
  return {
    plugin,
    release: () => {
      for (const go of held.splice(0)) go()
    },
    /** Until so many requests have reached the plugin since it was made. */
    seen: (count: number) => new Promise<void>((done) => (arrived >= count ? done() : waiting.push({ count, done })))
  }
}
