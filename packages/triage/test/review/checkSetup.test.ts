import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { GitHubRefused, GitHubTokenRefused } from "../../src/GitHubErrors.ts"
import { GitHubReads, type RepositoryFacts, type Viewer } from "../../src/GitHubReads.ts"
import { checkGitHub } from "../../src/review/checkSetup.ts"
import { wordsForLabel } from "../../src/review/wordsForLabel.ts"
import type { TriageRules } from "../../src/TriageRules.ts"
import { rules as live } from "../policyCases.ts"
import { StandInGitHub } from "../standInGitHub.ts"

const sound: Viewer = { login: live.botUser, type: "User", scopes: ["public_repo"] }
const open: RepositoryFacts = { fullName: live.repo, archived: false, hasIssues: true, mayTriage: true, mayPush: false }

const findings = (
  change: Partial<GitHubReads["Service"]> = {},
  rules: TriageRules = { ...live, labels: { bug: ["crash"] }, escalateLabel: "needs-human" }
) =>
  checkGitHub([rules]).pipe(
    Effect.provide(
      Layer.effect(
        GitHubReads,
        Effect.map(GitHubReads, (reads) => ({
          ...reads,
          viewer: Effect.succeed(sound),
          repository: () => Effect.succeed(open),
          ...change
        }))
      ).pipe(Layer.provide(new StandInGitHub().layer))
    ),
    Effect.map((all) => all.filter(({ level }) => level !== "ok").map(({ level, what }) => `${level}: ${what}`))
  )

const { repo } = live

describe("a look at what GitHub allows", () => {
  it.effect("finds nothing where all is well, whatever the case of names", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* findings(), [])
      const viewer = Effect.succeed({ ...sound, login: live.botUser.toUpperCase(), scopes: null })
      assert.deepStrictEqual(yield* findings({ viewer }), [])
    })
  )

  it.effect("finds a token of another account, or of too little", () =>
    Effect.gen(function* () {
      const viewer = Effect.succeed({ ...sound, login: "octo", scopes: ["read:org"] })
      assert.deepStrictEqual(yield* findings({ viewer }), [
        `fail: the token is octo's and not ${live.botUser}'s`,
        "fail: the token may not write issues"
      ])
    })
  )

  it.effect("says once that the token is refused, and asks for nothing more", () =>
    Effect.gen(function* () {
      let asked = 0
      const repository = () =>
        Effect.sync(() => {
          asked++
          return open
        })
      const viewer = Effect.fail(new GitHubTokenRefused({ route: "GET /user" }))
      const found = yield* findings({ viewer, repository })
      assert.strictEqual(found.length, 1)
      assert.match(found[0] ?? "", /^fail: the token: GitHub does not take the token/)
      assert.strictEqual(asked, 0)
    })
  )

  it.effect("finds a repository that cannot be worked in, and goes on with the next", () =>
    Effect.gen(function* () {
      const closed = { ...open, archived: true, hasIssues: false, mayTriage: false }
      assert.deepStrictEqual(yield* findings({ repository: () => Effect.succeed(closed) }), [
        `fail: ${repo} is archived`,
        `fail: ${repo} has issues switched off`,
        `fail: ${repo} can be read and not triaged`
      ])
      const gone = Effect.fail(new GitHubRefused({ route: "GET", status: 404, detail: "Not Found" }))
      assert.match((yield* findings({ repository: () => gone }))[0] ?? "", new RegExp(`^fail: ${repo}: .*404`))
    })
  )

  it.effect("only warns of a missing role while everything is in shadow", () =>
    Effect.gen(function* () {
      const shadow = { add_label: "shadow", remove_label: "shadow", comment: "shadow", close: "off" } as const
      const repository = () => Effect.succeed({ ...open, mayTriage: false })
      const found = yield* findings(
        { repository },
        { ...live, modes: shadow, labels: { bug: [] }, escalateLabel: null }
      )
      assert.deepStrictEqual(found, [`warn: ${repo} can be read and not triaged`])
    })
  )

  it.effect("finds labels that are configured and not there, the one for people too", () =>
    Effect.gen(function* () {
      const found = yield* findings({ listLabels: () => Effect.succeed(["Bug"]) })
      assert.deepStrictEqual(found, [`warn: ${repo} lacks needs-human`])
      assert.deepStrictEqual(yield* findings({}, { ...live, labels: {}, escalateLabel: null }), [
        `warn: ${repo} has no labels configured`
      ])
    })
  )
})

describe("words for a label", () => {
  it("are known for the names that most projects use, and for no other", () => {
    for (const label of ["bug", "Bug", "kind/bug", "type: feature", "documentation", "question"]) {
      assert.isAbove(wordsForLabel(label).length, 0, label)
    }
    for (const label of ["good first issue", "help wanted", "priority: bug", "wontfix", "area/net", "P1", ""]) {
      assert.deepStrictEqual(wordsForLabel(label), [], label)
    }
  })
})
