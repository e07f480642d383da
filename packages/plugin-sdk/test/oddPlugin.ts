/** A plugin that does what each observation tells it to: answer, crash, hang, throw, or answer nonsense. */
import { existsSync } from "node:fs"
import { Schema } from "effect"
import { definePlugin, inconclusive, verified } from "../src/author/definePlugin.ts"

const work = verified({
  action: "verify",
  category: "maintenance",
  description: "Did 1 thing",
  complexity: "low",
  impactRadius: 1,
  artifactsTouched: 1,
  evidence: { seen: true }
})

const never = new Promise<never>(() => undefined)

// Answers once a file is there.
const waitFor = (file: string) =>
  new Promise<ReturnType<typeof inconclusive>>((resolve) => {
    const look = () => (existsSync(file) ? resolve(inconclusive(String(process.pid))) : setTimeout(look, 20))
    look()
  })

const act = (todo: unknown) => {
  if (typeof todo === "object" && todo !== null && "until" in todo) return waitFor(String(todo.until))
  switch (todo) {
    case "crash":
      process.kill(process.pid, "SIGKILL")
      return never
    case "hang":
      for (;;);
    case "wait":
      return never
    case "throw":
      throw new Error("marker-in-an-error")
    case "nonsense":
      return { ...work, category: "fun" } as unknown as typeof work
    case "huge":
      return { ...work, evidence: new Uint8Array(5 * 1024 * 1024) } as typeof work
    case "print":
      process.stdout.write("marker-on-stdout\n")
      process.stderr.write("marker-on-stderr\n")
      return work
    case "environment":
      return inconclusive(Object.keys(process.env).sort().join(" "))
    case "pid":
      return inconclusive(String(process.pid))
    case "home":
      return inconclusive(process.env.HOME ?? "")
    default:
      return work
  }
}

export const oddPlugin = definePlugin({
  id: "farmops/odd",
  version: "1.2.3",
  description: "For tests.",
  categories: ["maintenance"],
  sources: { test: { data: Schema.Unknown } },
  templates: ["Did {things} thing"],
  verify: ({ data }) => act(data)
})

/** The same, and it takes a configuration, which `configuration` asks it for. */
export const configuredPlugin = definePlugin({
  id: "farmops/odd",
  version: "1.2.3",
  description: "For tests.",
  categories: ["maintenance"],
  sources: { test: { data: Schema.Unknown } },
  templates: ["Did {things} thing"],
  configuration: Schema.Struct({
    namespaces: Schema.optionalKey(Schema.Array(Schema.NonEmptyString)),
    often: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 5 }))),
    // What no JSON Schema says.
    even: Schema.optionalKey(
      Schema.Int.check(Schema.makeFilter((value: number) => value % 2 === 0 || "an even number is expected"))
    )
  }),
  verify: ({ configuration, data }) =>
    data === "configuration" ? inconclusive(JSON.stringify(configuration)) : act(data)
})
