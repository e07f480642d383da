import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { GitEvent } from "@farmops/plugin-sdk/contract/GitEvent"
import type { VerifiedVerdict } from "@farmops/plugin-sdk/contract/Verdict"
import { checkLeak } from "@farmops/plugin-sdk/runtime/checkLeak"
import { Schema } from "effect"
import { gitHistory } from "../src/plugin.ts"
import { verifyGitEvent } from "../src/verify.ts"

const fixture = (name: string) =>
  Schema.decodeUnknownSync(GitEvent)(
    JSON.parse(readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), "utf8"))
  )

const commit = fixture("commit")

const rawOf = (event: unknown) => new TextEncoder().encode(JSON.stringify(event))

const verifiedOf = (event: GitEvent): VerifiedVerdict => {
  const verdict = verifyGitEvent(event)
  if (verdict.verdict !== "verified") throw new Error(`${verdict.verdict}: ${verdict.reason}`)
  return verdict
}

const sized = (files: number, lines: number, path = (at: number) => `src/${at}.ts`): GitEvent => ({
  ...commit,
  files: Array.from({ length: files }, (_, at) => ({ path: path(at), added: at === 0 ? lines : 0, deleted: 0 })),
  file_count: files,
  lines_added: lines,
  lines_deleted: 0
})

describe("verifyGitEvent", () => {
  it("verifies a commit as the kind that most of its files are of", () => {
    const { evidence, ...verdict } = verifiedOf(commit)
    assert.deepStrictEqual(verdict, {
      verdict: "verified",
      reason: "",
      action_type: "verify",
      category: "reliability",
      subcategory: "tests",
      description: "Changed 3 files of tests (+55 -3 lines)",
      scoring_hints: { complexity: "low", impact_radius: 2, artifacts_touched: 3, time_spent_seconds: null },
      actor_type: "human",
      remember: null
    })
    assert.deepStrictEqual(JSON.parse(new TextDecoder().decode(evidence)), {
      kind: "commit",
      id: commit.id,
      reachable: true,
      file_count: 3,
      lines_added: 55,
      lines_deleted: 3
    })
  })

  it("verifies a merge as a review, by what it brought", () => {
    const merge = verifiedOf(fixture("merge"))
    assert.strictEqual(merge.description, "Merged a change of 1 file (+130 -0 lines)")
    assert.deepInclude(merge, { action_type: "review", category: "toil", subcategory: "merge", actor_type: "human" })
    assert.strictEqual(merge.scoring_hints.complexity, "medium")
  })

  it("verifies a tag, which changes no file, and says when a machine made it", () => {
    const tag = verifiedOf(fixture("tag"))
    assert.strictEqual(tag.description, "Tagged a state of the default branch")
    assert.deepInclude(tag, { action_type: "deploy", category: "upgrade", subcategory: "release", actor_type: "bot" })
  })

  it("rejects what is not part of the default branch", () => {
    for (const name of ["commit", "merge", "tag"]) {
      const verdict = verifyGitEvent({ ...fixture(name), reachable: false })
      assert.deepInclude(verdict, { verdict: "rejected" })
      assert.include(verdict.reason, "not part of the default branch")
    }
  })

  it("rejects a commit and a merge that change nothing", () => {
    for (const name of ["commit", "merge"]) {
      const verdict = verifyGitEvent({ ...fixture(name), files: [], file_count: 0, lines_added: 0, lines_deleted: 0 })
      assert.deepInclude(verdict, { verdict: "rejected", reason: `the ${name} changes nothing` })
    }
  })

  it("rejects the work of another identity, and takes any spelling of the right one", () => {
    const others = verifyGitEvent({ ...commit, author: { email: "bob@marker.example", name: "Ada Marker" } })
    assert.deepInclude(others, { verdict: "rejected", reason: "not by a configured identity" })
    verifiedOf({ ...commit, author: { email: "Ada@Marker.Example", name: "somebody" } })
    verifiedOf({ ...commit, author: { email: "bob@marker.example", name: "Bob" }, identities: null })
    assert.strictEqual(verifyGitEvent({ ...commit, identities: [] }).verdict, "rejected")
  })

  it("is inconclusive about anything that is not an event", () => {
    const { reachable: _, ...withoutReachable } = commit
    const garbage = [
      null,
      undefined,
      7,
      "commit",
      [],
      {},
      withoutReachable,
      { ...commit, kind: "push" },
      { ...commit, reachable: "yes" },
      { ...commit, lines_added: -1 },
      { ...commit, file_count: 1.5 },
      { ...commit, lines_deleted: 2 ** 53 },
      { ...commit, files: [{ path: 7, added: 1, deleted: 0 }] },
      { ...commit, author: null }
    ]
    for (const data of garbage) {
      assert.strictEqual(verifyGitEvent(data).verdict, "inconclusive", JSON.stringify(data))
    }
  })

  it("calls work harder from six files or 121 lines, and hard from 21 files or 601 lines", () => {
    const complexityOf = (files: number, lines: number) => verifiedOf(sized(files, lines)).scoring_hints.complexity
    assert.strictEqual(complexityOf(5, 120), "low")
    assert.strictEqual(complexityOf(6, 1), "medium")
    assert.strictEqual(complexityOf(1, 121), "medium")
    assert.strictEqual(complexityOf(20, 600), "medium")
    assert.strictEqual(complexityOf(21, 1), "high")
    assert.strictEqual(complexityOf(1, 601), "high")
  })

  it("does not count the lines that a program wrote as hard work", () => {
    const locked = verifiedOf(sized(1, 9_000, () => "package-lock.json"))
    assert.strictEqual(locked.scoring_hints.complexity, "low")
    assert.deepInclude(locked, { subcategory: "dependencies", category: "upgrade" })
    assert.strictEqual(verifiedOf(sized(1, 9_000)).scoring_hints.complexity, "high")
  })

  it("doubles the files for each step of impact, up to ten", () => {
    const radii = [1, 2, 3, 4, 511, 512, 100_000].map(
      (files) => verifiedOf(sized(files, 1)).scoring_hints.impact_radius
    )
    assert.deepStrictEqual(radii, [1, 2, 2, 3, 9, 10, 10])
  })

  it("keeps back counts that no repository has, rather than let them carry something", () => {
    const event = { ...commit, lines_added: 10 ** 12 }
    assert.strictEqual(checkLeak(gitHistory.description, verifiedOf(event), rawOf(event)), "description_not_a_template")
  })

  const Count = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 10 ** 12 - 1 }))
  const AnyEvent = Schema.Struct({
    ...GitEvent.fields,
    reachable: Schema.Literal(true),
    file_count: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 2 ** 31 - 1 })),
    lines_added: Count,
    lines_deleted: Count
  })

  it.prop(
    "says nothing of a name, a path or an address, whatever the event holds",
    { any: AnyEvent, at: Schema.Literals(["", "docs/", "deploy/", "SECURITY/", ".github/", "test/"]) },
    ({ any, at }) => {
      const marker = "MARKERx7"
      const event: GitEvent = {
        ...any,
        author: { email: `${any.author.email}${marker}@x`, name: `${marker}${any.author.name}` },
        identities: null,
        files: [...any.files, { path: "", added: 0, deleted: 0 }].map((file) => ({
          ...file,
          path: `${at}${marker}/${file.path}{files}`
        }))
      }
      const verdict = verifiedOf(event)
      assert.isNull(checkLeak(gitHistory.description, verdict, rawOf(event)))
      const { evidence: _, ...said } = verdict
      assert.notInclude(JSON.stringify(said), marker)
    }
  )

  it.prop("gives the same verdict for the same event", { event: AnyEvent }, ({ event }) => {
    assert.deepStrictEqual(verifyGitEvent(event), verifyGitEvent(structuredClone(event)))
  })
})
