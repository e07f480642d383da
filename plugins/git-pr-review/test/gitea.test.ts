import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { rehearse } from "@farmops/plugin-sdk/runtime/rehearse"
import { Effect } from "effect"
import { gitPrReview } from "../src/plugin.ts"

const fixture = (name: string) =>
  JSON.parse(readFileSync(new URL(`./fixtures/gitea-${name}.json`, import.meta.url), "utf8"))

const outcomes = (events: ReadonlyArray<unknown>, source = "gitea") =>
  Effect.map(Effect.forEach(events, rehearse(gitPrReview, source).see), (verdicts) =>
    verdicts.map((verdict) => (verdict.verdict === "verified" ? verdict.description : verdict.reason))
  )

const approved = "Approved a pull request"
const delivery = (event: string, payload: unknown) => ({ kind: "webhook", event, payload })

describe("a review on Gitea", () => {
  it.effect.each([
    ["approved", approved],
    ["rejected", "Requested changes to a pull request"],
    ["comment", "Reviewed a pull request with a comment"]
  ] as const)("that says %s counts by the name of its event, short or long", ([opinion, description]) =>
    Effect.gen(function* () {
      const payload = { ...fixture("approved"), review: { type: "", content: "x".repeat(40) } }
      for (const event of [`pull_request_${opinion}`, `pull_request_review_${opinion}`]) {
        assert.deepStrictEqual(yield* outcomes([delivery(event, payload)]), [description])
      }
    })
  )

  it.effect("is its sender's, of whose own work it is none", () =>
    Effect.gen(function* () {
      const payload = fixture("approved")
      const own = { ...payload, sender: payload.pull_request.user }
      assert.deepStrictEqual(yield* outcomes([delivery("pull_request_approved", own)]), ["a review of one's own work"])
      const unknown = { ...payload, sender: null }
      assert.deepStrictEqual(yield* outcomes([delivery("pull_request_approved", unknown)]), [
        "the delivery does not name the author and the reviewer"
      ])
    })
  )

  it.effect("is told from a plain comment, which has the same name for its type", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* outcomes([delivery("pull_request_comment", fixture("comment"))]), [
        "no review was submitted"
      ])
    })
  )

  it.effect("is one that was handed in, whatever else is done with it", () =>
    Effect.gen(function* () {
      const edited = { ...fixture("approved"), action: "edited" }
      assert.deepStrictEqual(yield* outcomes([delivery("pull_request_approved", edited)]), ["no review was submitted"])
    })
  )

  it.effect("counts once for each commit, and lets its author merge", () =>
    Effect.gen(function* () {
      const payload = fixture("approved")
      const merge = delivery("pull_request", fixture("merged"))
      const said = yield* outcomes([
        delivery("pull_request_approved", payload),
        delivery("pull_request_approved", payload),
        merge,
        merge
      ])
      assert.deepStrictEqual(said, [
        approved,
        "a review of this commit by this person has counted",
        "Merged a pull request",
        "the merge of this pull request has counted"
      ])
      assert.deepStrictEqual(yield* outcomes([merge]), ["merged by its author without an approval that was seen"])
    })
  )

  it.effect("is not read from GitHub's event, nor Gitea's from GitHub", () =>
    Effect.gen(function* () {
      const neither = ["neither a review nor a merge"]
      assert.deepStrictEqual(yield* outcomes([delivery("pull_request_review", fixture("approved"))]), neither)
      assert.deepStrictEqual(
        yield* outcomes([delivery("pull_request_approved", fixture("approved"))], "github"),
        neither
      )
    })
  )
})
