import { assert, describe, it } from "@effect/vitest"
import { rehearse } from "@farmops/plugin-sdk/runtime/rehearse"
import { Effect, Schema } from "effect"
import { Event, Memory } from "../src/events.ts"
import { k8sResourceAudit } from "../src/plugin.ts"
import { bad, good, workload } from "./objects.ts"

const Kind = Schema.Literals(["good", "bad", "gone"])
const Scene = Schema.Struct({
  later: Schema.Literals([1, 13, 25, 25]),
  replicas: Schema.Literals([0, 2, 2, 2]),
  rolledOut: Schema.Literals([true, true, false]),
  deleted: Schema.Literals([...Array.from({ length: 9 }, () => false), true]),
  a: Kind,
  b: Kind
})
const Scenes = Schema.Array(Scene).check(Schema.isMinLength(5), Schema.isMaxLength(40))

const tell = (scenes: typeof Scenes.Type) => {
  let hour = 0
  return scenes.map(({ a, b, deleted, later, replicas, rolledOut }) => {
    hour += later
    const made = Object.entries({ a, b }).flatMap(([name, kind]) =>
      kind === "gone" ? [] : [kind === "good" ? good(name) : bad(name)]
    )
    return workload(hour, made, {
      replicas,
      updated: rolledOut ? replicas : 0,
      change: deleted ? "deleted" : "modified"
    })
  })
}

const resolvedBy = (description: string): number => Number(/\d+/.exec(description)?.[0])

describe("any story of a workload", () => {
  it.effect.prop(
    "earns each finding of each container once at the most, and gives the same verdicts when it is told again",
    { scenes: Scenes },
    ({ scenes }) =>
      Effect.gen(function* () {
        const { memory, see } = rehearse(k8sResourceAudit, "kubernetes")
        let resolved = 0
        let before: Uint8Array = new Uint8Array()
        for (const event of tell(scenes)) {
          // A story that is told again from here goes on in the same way.
          before = memory()
          const verdict = yield* see(event)
          if (event.change === "deleted") resolved = 0
          if (verdict.verdict === "verified") resolved += resolvedBy(verdict.description)
          assert.isAtMost(resolved, 14)
          const again = yield* Effect.promise(async () =>
            k8sResourceAudit.verify({ observationId: "again", sourceType: "kubernetes", data: event, memory: before })
          )
          assert.deepStrictEqual(again, verdict)
        }
      }),
    { arbitrary: { runs: 80 } }
  )
})

it.effect.prop(
  "has a verdict for any event and memory that fit their shapes",
  { event: Event, memory: Schema.NullOr(Memory), seen_at: Schema.Literals(["", "2026-02-21T09:00:00Z"]) },
  ({ event, memory, seen_at }) =>
    Effect.sync(() => {
      const verdict = k8sResourceAudit.verify({
        observationId: "any",
        sourceType: "kubernetes",
        data: { ...event, seen_at },
        memory: new TextEncoder().encode(memory === null ? "" : JSON.stringify(memory))
      })
      assert.isFalse(verdict instanceof Promise)
    }),
  { arbitrary: { runs: 100 } }
)
