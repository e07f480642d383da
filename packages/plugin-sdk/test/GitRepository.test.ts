import { execFileSync } from "node:child_process"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { type GitOptions, openGitRepository } from "../src/sources/GitRepository.ts"
import { ann, day, eventOf, makeRepository, repositoryAt, start, temporaryFolder } from "./gitFixture.ts"

const readAll = Effect.fnUntraced(function* (path: string, options: Omit<GitOptions, "path"> = {}) {
  const repository = yield* openGitRepository({ path, ...options })
  const observations = yield* Stream.runCollect(repository.backlog)
  assert.strictEqual(observations.length, repository.backlogCount)
  return observations.map(eventOf)
})

const idsOf = (events: ReadonlyArray<{ readonly id: string }>) => events.map(({ id }) => id)
const kindsOf = (events: ReadonlyArray<{ readonly kind: string }>) => events.map(({ kind }) => kind)

describe("what a git repository gives", () => {
  it.live("is parents before children whatever the clocks said, then tags", () =>
    Effect.gen(function* () {
      const made = yield* makeRepository()
      const base = made.commit({ files: { "a.ts": 1 }, at: start + 60 * 3600 })
      made.git(["switch", "--quiet", "-c", "side"])
      const side = made.commit({ files: { "b.ts": 1 }, at: start + 50 * 3600 })
      made.git(["switch", "--quiet", "main"])
      const late = made.commit({ files: { "a.ts": 2 }, at: start + 10 * 3600 })
      made.tag("v1", base)
      const merge = made.merge("side")
      const events = yield* readAll(made.path)
      const ids = idsOf(events)
      assert.deepStrictEqual(kindsOf(events), ["commit", "commit", "commit", "merge", "tag"])
      assert.deepStrictEqual([ids[0], ids[3], ids[4]], [base, merge, base])
      assert.deepStrictEqual(ids.slice(1, 3).toSorted(), [late, side].toSorted())
    })
  )

  it.live("is who, which files and how many lines, and no message, branch or tag name", () =>
    Effect.gen(function* () {
      const made = yield* makeRepository("MARKbranch")
      made.commit({ files: { "src/a.ts": 3, "b.md": 2 } })
      const id = made.commit({ files: { "src/a.ts": 1 } })
      made.tag("MARKtag")
      const events = yield* readAll(made.path)
      assert.deepStrictEqual(events[1], {
        kind: "commit",
        id,
        reachable: true,
        author: ann,
        bot: false,
        identities: null,
        files: [{ path: "src/a.ts", added: 1, deleted: 3 }],
        file_count: 1,
        lines_added: 1,
        lines_deleted: 3
      })
      assert.notMatch(JSON.stringify(events), /MARK|a message|a tag/)
    })
  )

  it.live("is a merge by what it brought to its first parent", () =>
    Effect.gen(function* () {
      const made = yield* makeRepository()
      made.commit({ files: { "a.ts": 1 } })
      made.git(["switch", "--quiet", "-c", "side"])
      made.commit({ files: { "side/b.ts": 5 } })
      made.commit({ files: { "side/c.ts": 7 } })
      made.git(["switch", "--quiet", "main"])
      made.commit({ files: { "a.ts": 2 } })
      const merge = made.merge("side")
      const events = yield* readAll(made.path)
      assert.lengthOf(events, 5)
      assert.deepInclude(events[4], { kind: "merge", id: merge, file_count: 2, lines_added: 12, lines_deleted: 0 })
      assert.deepStrictEqual(events[4]?.files, [
        { path: "side/b.ts", added: 5, deleted: 0 },
        { path: "side/c.ts", added: 7, deleted: 0 }
      ])
    })
  )

  it.live("keeps commits that change nothing apart from their neighbours", () =>
    Effect.gen(function* () {
      const made = yield* makeRepository()
      for (const files of [{}, { "a.ts": 4 }, {}, {}, { "a.ts": 5, "b.ts": 1 }, {}]) made.commit({ files })
      const events = yield* readAll(made.path)
      assert.deepStrictEqual(
        events.map(({ file_count }) => file_count),
        [0, 1, 0, 0, 2, 0]
      )
    })
  )

  it.live("takes any name of a file", () =>
    Effect.gen(function* () {
      const made = yield* makeRepository()
      const names = [
        "\nbegin",
        "a\nb",
        "back\\slash",
        'qu"ote',
        "sp ace",
        "tab\tin",
        "unit\u001e",
        "{x => y}",
        "ünï/💥"
      ]
      made.commit({ files: Object.fromEntries(names.map((name) => [name, 1])) })
      made.commit({ files: { z: 1 } })
      const events = yield* readAll(made.path)
      assert.deepStrictEqual(events[0]?.files.map(({ path }) => path).toSorted(), names.toSorted())
      assert.deepInclude(events[0], { file_count: names.length, lines_added: names.length })
      assert.deepStrictEqual(events[1]?.files, [{ path: "z", added: 1, deleted: 0 }])
    })
  )

  it.live("has tags within the window only, and none that names no commit", () =>
    Effect.gen(function* () {
      const made = yield* makeRepository()
      made.commit({ files: { "a.ts": 1 }, at: start - 91 * day })
      made.git(["tag", "old"])
      made.git(["tag", "of-a-tree", "HEAD^{tree}"])
      const last = made.commit({ files: { "a.ts": 2 }, at: start })
      assert.deepStrictEqual(idsOf(yield* readAll(made.path)), [last])
      assert.deepStrictEqual(kindsOf(yield* readAll(made.path, { windowDays: 100 })), ["commit", "commit", "tag"])
      // A late tag of an early commit is work of now.
      made.tag("late", "old")
      assert.deepStrictEqual(kindsOf(yield* readAll(made.path)), ["commit", "tag"])
    })
  )

  it.live("takes an empty list of identities for none named", () =>
    Effect.gen(function* () {
      const made = yield* makeRepository()
      made.commit({ files: { "a.ts": 1 } })
      assert.isNull((yield* readAll(made.path, { identities: [] }))[0]?.identities)
      made.git(["config", "user.email", ann.email])
      assert.deepStrictEqual((yield* readAll(made.path, { identities: [] }))[0]?.identities, [ann.email])
    })
  )

  it.live("is all there once a shallow clone has fetched the rest", () =>
    Effect.gen(function* () {
      const made = yield* makeRepository()
      made.commit({ files: { "a.ts": 1 } })
      made.commit({ files: { "a.ts": 2 } })
      const shallow = join(yield* temporaryFolder, "shallow")
      execFileSync("git", ["clone", "--quiet", "--depth=1", `file://${made.path}`, shallow], { stdio: "ignore" })
      assert.strictEqual((yield* Effect.flip(readAll(shallow)))._tag, "ShallowRepository")
      repositoryAt(shallow).git(["fetch", "--quiet", "--unshallow"])
      assert.deepStrictEqual(idsOf(yield* readAll(shallow)), idsOf(yield* readAll(made.path)))
    })
  )
})
