import { assert, describe, it } from "@effect/vitest"
import { rehearse } from "@farmops/plugin-sdk/runtime/rehearse"
import { Effect } from "effect"
import { gitPrReview } from "../src/plugin.ts"
import { author, commit, merge, other, pull, review, reviewer, robot } from "./deliveries.ts"

const play = (events: ReadonlyArray<unknown>, configuration: unknown = null) =>
  Effect.forEach(events, rehearse(gitPrReview, "github", configuration).see)

const outcomes = (events: ReadonlyArray<unknown>, configuration: unknown = null) =>
  Effect.map(play(events, configuration), (verdicts) =>
    verdicts.map((verdict) => (verdict.verdict === "verified" ? verdict.description : verdict.reason))
  )

const approved = "Approved a pull request"
const asked = "Requested changes to a pull request"
const merged = "Merged a pull request of 3 files (+120 -7 lines)"
const counted = "a review of this commit by this person has counted"
const unapproved = "merged by its author without an approval that was seen"
const head = (letter: string) => ({ head: { sha: commit(letter) } })

describe("a review on GitHub", () => {
  it.effect.each([
    ["approved", null, approved, "approval"],
    ["changes_requested", "No.", asked, "changes-requested"],
    ["commented", "x".repeat(40), "Reviewed a pull request with a comment", "comment"],
    ["APPROVED", "", approved, "approval"]
  ] as const)("that says %s counts as a review", ([state, body, description, subcategory]) =>
    Effect.gen(function* () {
      const verdict = (yield* play([review(state, { body })]))[0]
      assert.deepInclude(verdict, {
        verdict: "verified",
        action_type: "review",
        category: "maintenance",
        subcategory,
        description,
        actor_type: null,
        scoring_hints: { complexity: "low", impact_radius: 1, artifacts_touched: 1, time_spent_seconds: null }
      })
    })
  )

  it.effect.each<readonly [string, unknown, string]>([
    ["of one's own work", review("approved", { by: author }), "a review of one's own work"],
    ["of a draft", review("approved", { pull: { draft: true } }), "the pull request is a draft"],
    ["of what is closed", review("approved", { pull: { state: "closed" } }), "the pull request is not open"],
    ["without a commit", review("approved", { pull: { head: null } }), "the pull request names no commit"],
    ["that says nothing", review("commented", { body: null }), "the comment says too little"],
    ["that says too little", review("commented", { body: `${" ".repeat(90)}LGTM` }), "the comment says too little"],
    ["that was edited", review("approved", { action: "edited" }), "an edited review is no new one"],
    ["that was dismissed", review("dismissed", { action: "dismissed" }), "a review was dismissed"],
    ["that is pending", review("pending"), "the review says nothing that counts"],
    [
      "that somebody else sends",
      { ...review("approved"), payload: { ...review("approved").payload, sender: other } },
      "somebody else sent this review"
    ],
    [
      "by nobody that is known",
      { ...review("approved"), payload: { ...review("approved").payload, review: { state: "approved", user: null } } },
      "the delivery does not name the author and the reviewer"
    ],
    [
      "that is only a comment on a line",
      { kind: "webhook", event: "pull_request_review_comment", payload: { action: "created" } },
      "neither a review nor a merge"
    ],
    ["under Gitea's name", { ...review("approved"), event: "pull_request_approved" }, "neither a review nor a merge"]
  ])("%s earns nothing", ([, event, reason]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* outcomes([event]), [reason])
    })
  )

  it.effect("counts once for each person and head commit", () =>
    Effect.gen(function* () {
      const said = yield* outcomes([
        review("changes_requested"),
        review("approved"),
        review("approved", { by: other }),
        review("approved", { pull: head("b") }),
        review("approved", { pull: head("a") }),
        review("approved", { by: other, pull: head("b") })
      ])
      assert.deepStrictEqual(said, [asked, counted, approved, approved, counted, approved])
    })
  )

  it.effect("counts a few times for one person, however many commits come", () =>
    Effect.gen(function* () {
      const rounds = [..."bcdef"].map((letter) => review("approved", { pull: head(letter) }))
      const enough = "enough reviews of this person have counted"
      assert.deepStrictEqual(yield* outcomes(rounds), [approved, approved, approved, enough, enough])
      assert.deepStrictEqual(yield* outcomes(rounds.slice(0, 2), { reviews_per_person: 1 }), [approved, enough])
    })
  )

  it.effect("stops counting before the memory of a pull request outgrows its bound", () =>
    Effect.gen(function* () {
      const { memory, see } = rehearse(gitPrReview, "github")
      const by = (id: number) => ({ id: 2 ** 52 + id, login: `marker-${id}` })
      const said = yield* Effect.forEach(
        Array.from({ length: 305 }, (_, id) => id),
        (id) => see(review("approved", { by: by(id), pull: { head: { sha: "f".repeat(64) } } }))
      )
      assert.lengthOf(
        said.filter(({ verdict }) => verdict === "verified"),
        300
      )
      assert.strictEqual(said.at(-1)?.reason, "enough reviews of this pull request have counted")
      assert.isBelow(memory().length, 64 * 1024)
    })
  )
})

describe("a merge on GitHub", () => {
  it.effect("by somebody else counts, as large as it is, and once", () =>
    Effect.gen(function* () {
      const verdicts = yield* play([merge(), merge()])
      assert.deepInclude(verdicts[0], {
        subcategory: "merge",
        description: merged,
        scoring_hints: { complexity: "medium", impact_radius: 2, artifacts_touched: 3, time_spent_seconds: null }
      })
      assert.deepInclude(verdicts[1], { verdict: "rejected", reason: "the merge of this pull request has counted" })
    })
  )

  it.effect.each([
    [5, 120, "low"],
    [6, 1, "medium"],
    [1, 121, "medium"],
    [20, 600, "medium"],
    [21, 1, "high"],
    [1, 601, "high"]
  ] as const)("of %i files and %i lines is of complexity %s", ([changed_files, additions, complexity]) =>
    Effect.gen(function* () {
      const verdict = (yield* play([merge({ pull: { changed_files, additions, deletions: 0 } })]))[0]
      assert.strictEqual(verdict?.verdict === "verified" && verdict.scoring_hints.complexity, complexity)
    })
  )

  it.effect("speaks of one file as one does", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* outcomes([merge({ pull: { changed_files: 1 } })]), [
        "Merged a pull request of 1 file (+120 -7 lines)"
      ])
    })
  )

  it.effect("by its author counts after somebody else's approval that stands", () =>
    Effect.gen(function* () {
      const own = merge({ by: author })
      assert.deepStrictEqual(yield* outcomes([own]), [unapproved])
      assert.deepStrictEqual(yield* outcomes([review("approved"), own]), [approved, merged])
      assert.deepStrictEqual(yield* outcomes([review("approved", { by: author }), own]), [
        "a review of one's own work",
        unapproved
      ])
      assert.deepStrictEqual(yield* outcomes([review("approved", { by: robot }), own]), [approved, unapproved])
      const dismissed = review("dismissed", { action: "dismissed" })
      assert.deepStrictEqual((yield* outcomes([review("approved"), dismissed, own])).at(-1), unapproved)
      assert.deepStrictEqual(
        (yield* outcomes([review("approved"), review("changes_requested"), own])).at(-1),
        unapproved
      )
      const comment = review("commented", { body: "x" })
      assert.deepStrictEqual((yield* outcomes([review("approved"), comment, own])).at(-1), merged)
    })
  )

  it.effect.each<readonly [string, unknown, string]>([
    ["that is none", merge({ pull: { merged: false } }), "the pull request was closed, not merged"],
    [
      "that somebody else sends",
      { ...merge(), payload: { ...merge().payload, sender: reviewer } },
      "somebody else sent this merge"
    ],
    [
      "by nobody that is known",
      merge({ pull: { merged_by: null } }),
      "the delivery does not name the author and who merged"
    ],
    [
      "that is to come",
      { ...merge(), payload: { ...merge().payload, action: "synchronize" } },
      "the pull request was not merged"
    ]
  ])("%s earns nothing", ([, event, reason]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* outcomes([event]), [reason])
    })
  )
})

describe("machines and people", () => {
  it.effect("says that a machine did it, where the server or the operator says so", () =>
    Effect.gen(function* () {
      const typeOf = (by: typeof reviewer, configuration: unknown = null) =>
        Effect.map(play([review("approved", { by })], configuration), ([verdict]) =>
          verdict?.verdict === "verified" ? verdict.actor_type : verdict
        )
      assert.strictEqual(yield* typeOf(robot), "bot")
      assert.strictEqual(yield* typeOf({ id: 9, login: "marker[bot]" }), "bot")
      assert.strictEqual(yield* typeOf({ id: 9, login: "marker", type: "Bot" }), "bot")
      assert.isNull(yield* typeOf(reviewer))
      assert.strictEqual(yield* typeOf(reviewer, { bots: ["Marker-BOB"] }), "bot")
    })
  )

  it.effect("counts only the people whom the operator names, and still knows that others approved", () =>
    Effect.gen(function* () {
      const notNamed = "not by a person whose work counts"
      const people = { people: ["Marker-Cy"] }
      assert.deepStrictEqual(yield* outcomes([review("approved"), review("approved", { by: other })], people), [
        notNamed,
        approved
      ])
      assert.deepStrictEqual(yield* outcomes([merge({ by: reviewer }), merge()], people), [notNamed, merged])
      const own = [review("approved"), merge({ by: author })]
      assert.deepStrictEqual(yield* outcomes(own, { people: [author.login] }), [notNamed, merged])
    })
  )
})

it.effect("is inconclusive about a delivery whose parts are not what they should be", () =>
  Effect.gen(function* () {
    for (const odd of [
      merge({ pull: { changed_files: 10 ** 12 } }),
      merge({ pull: { additions: -1 } }),
      review("approved", { pull: { head: { sha: "a".repeat(65) } } }),
      review("approved", { by: { ...reviewer, id: 1.5 } }),
      pull()
    ]) {
      assert.strictEqual((yield* play([odd]))[0]?.verdict, "inconclusive")
    }
  })
)
