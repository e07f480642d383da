import { assert, describe, it } from "@effect/vitest"
import { rehearse } from "@farmops/plugin-sdk/runtime/rehearse"
import { Effect, Schema } from "effect"
import { Delivery, Memory } from "../src/events.ts"
import { gitPrReview } from "../src/plugin.ts"
import { author, commit, merge, other, review, reviewer, robot } from "./deliveries.ts"

const people = [author, reviewer, other, robot]

const Scene = Schema.Struct({
  kind: Schema.Literals(["review", "review", "review", "dismissal", "merge"]),
  by: Schema.Literals([0, 1, 2, 3]),
  state: Schema.Literals(["approved", "changes_requested", "commented"]),
  head: Schema.Literals(["a", "b", "c", "d", "e"])
})
const Scenes = Schema.Array(Scene).check(Schema.isMaxLength(60))

const tell = (scenes: typeof Scenes.Type) =>
  scenes.map(({ by, head, kind, state }) => {
    const who = people[by] ?? author
    const pull = { head: { sha: commit(head) } }
    if (kind === "merge") return { who, kind, event: merge({ by: who, pull }) }
    if (kind === "dismissal") return { who, kind, event: review("dismissed", { by: who, pull, action: "dismissed" }) }
    return { who, kind, event: review(state, { by: who, pull, body: "x".repeat(40) }) }
  })

describe("any story of a pull request", () => {
  it.effect.prop(
    "earns one merge and a few reviews for each person, none of them the author's, and the same when it is told again",
    { scenes: Scenes },
    ({ scenes }) =>
      Effect.gen(function* () {
        const story = tell(scenes)
        const events = story.map(({ event }) => event)
        const verdicts = yield* Effect.forEach(events, rehearse(gitPrReview, "github").see)
        assert.deepStrictEqual(yield* Effect.forEach(events, rehearse(gitPrReview, "github").see), verdicts)
        const earned = story.filter((_, index) => verdicts[index]?.verdict === "verified")
        assert.isAtMost(earned.filter(({ kind }) => kind === "merge").length, 1)
        for (const { id } of people) {
          const reviews = earned.filter(({ kind, who }) => kind === "review" && who.id === id)
          assert.isAtMost(reviews.length, id === author.id ? 0 : 3)
        }
      }),
    { arbitrary: { runs: 80 } }
  )
})

it.effect.prop(
  "has a verdict for any delivery and memory that fit their shapes",
  {
    delivery: Delivery,
    memory: Schema.NullOr(Memory),
    event: Schema.Literals(["pull_request", "pull_request_review", "pull_request_approved", "pull_request_comment"]),
    action: Schema.Literals(["submitted", "reviewed", "closed", "dismissed"]),
    source: Schema.Literals(["github", "gitea"])
  },
  ({ action, delivery, event, memory, source }) =>
    Effect.sync(() => {
      const verdict = gitPrReview.verify({
        observationId: "any",
        sourceType: source,
        data: { ...delivery, event, payload: { ...delivery.payload, action } },
        memory: new TextEncoder().encode(memory === null ? "" : JSON.stringify(memory))
      })
      assert.isFalse(verdict instanceof Promise)
    }),
  { arbitrary: { runs: 200 } }
)
