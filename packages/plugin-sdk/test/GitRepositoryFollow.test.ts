import { assert, describe, it } from "@effect/vitest"
import { Effect, Queue, Stream } from "effect"
import { openGitRepository } from "../src/sources/GitRepository.ts"
import { eventOf, makeRepository, type TestRepository } from "./gitFixture.ts"

/** What comes after the backlog, as it comes. */
const followed = Effect.fnUntraced(function* ({ path }: TestRepository) {
  const repository = yield* openGitRepository({ path })
  yield* Stream.runDrain(repository.backlog)
  const news = yield* Queue.unbounded<string>()
  yield* repository.follow.pipe(
    Stream.runForEach((observation) => {
      const { id, kind } = eventOf(observation)
      return Queue.offer(news, `${kind} ${id}`)
    }),
    Effect.forkScoped
  )
  const next = Effect.timeout(Queue.take(news), "10 seconds")
  return { next, news }
})

const withOneCommit = Effect.map(makeRepository(), (made) => {
  made.commit({ files: { "a.ts": 1 } })
  made.tag("v0")
  return made
})

describe("following a git repository", () => {
  it.live("gives each new commit and tag once, and nothing of before", () =>
    Effect.gen(function* () {
      const made = yield* withOneCommit
      const { news, next } = yield* followed(made)
      const second = made.commit({ files: { "a.ts": 2 } })
      assert.strictEqual(yield* next, `commit ${second}`)
      made.tag("v1")
      assert.strictEqual(yield* next, `tag ${second}`)
      const third = made.commit({ files: { "a.ts": 3 } })
      assert.strictEqual(yield* next, `commit ${third}`)
      assert.strictEqual(yield* Queue.size(news), 0)
    })
  )

  it.live("gives what came between the backlog and it", () =>
    Effect.gen(function* () {
      const made = yield* withOneCommit
      const repository = yield* openGitRepository({ path: made.path })
      const between = made.commit({ files: { "a.ts": 2 } })
      made.git(["tag", "v1"])
      const backlog = yield* Stream.runCollect(repository.backlog)
      assert.lengthOf(backlog, repository.backlogCount)
      const missed = yield* repository.follow.pipe(Stream.take(2), Stream.runCollect)
      assert.deepStrictEqual(
        missed.map((observation) => [eventOf(observation).kind, eventOf(observation).id]),
        [
          ["commit", between],
          ["tag", between]
        ]
      )
    })
  )

  it.live("gives again what was not taken to its end", () =>
    Effect.gen(function* () {
      const made = yield* withOneCommit
      const repository = yield* openGitRepository({ path: made.path })
      yield* Stream.runDrain(repository.backlog)
      const second = made.commit({ files: { "a.ts": 2 } })
      const third = made.commit({ files: { "a.ts": 3 } })
      const firstOf = repository.follow.pipe(Stream.take(1), Stream.runCollect)
      assert.deepStrictEqual(
        (yield* firstOf).map((observation) => eventOf(observation).id),
        [second]
      )
      const again = yield* repository.follow.pipe(Stream.take(2), Stream.runCollect)
      assert.deepStrictEqual(
        again.map((observation) => eventOf(observation).id),
        [second, third]
      )
    })
  )

  it.live("gives the commits of a merge and the merge", () =>
    Effect.gen(function* () {
      const made = yield* withOneCommit
      const { next } = yield* followed(made)
      made.git(["switch", "--quiet", "-c", "side"])
      const side = made.commit({ files: { "b.ts": 1 } })
      made.git(["switch", "--quiet", "main"])
      const merge = made.merge("side")
      assert.strictEqual(yield* next, `commit ${side}`)
      assert.strictEqual(yield* next, `merge ${merge}`)
    })
  )

  it.live("goes on after a forced push with what is new", () =>
    Effect.gen(function* () {
      const made = yield* withOneCommit
      made.commit({ files: { "a.ts": 2 } })
      const { next } = yield* followed(made)
      // One push: there is no moment at which the branch stands on the old commit.
      made.git(["switch", "--quiet", "--detach", "HEAD~1"])
      const other = made.commit({ files: { "a.ts": 9 } })
      made.git(["branch", "--quiet", "--force", "main", other])
      assert.strictEqual(yield* next, `commit ${other}`)
      const more = made.commit({ files: { "a.ts": 10 } })
      made.git(["branch", "--quiet", "--force", "main", more])
      assert.strictEqual(yield* next, `commit ${more}`)
    })
  )

  it.live("goes through the window again, under the same ids, when the old commits are gone", () =>
    Effect.gen(function* () {
      const made = yield* withOneCommit
      made.commit({ files: { "a.ts": 2 } })
      const repository = yield* openGitRepository({ path: made.path })
      const backlog = yield* Stream.runCollect(repository.backlog)
      const known = new Set(backlog.map(({ observationId }) => observationId))
      made.git(["reset", "--quiet", "--hard", "HEAD~1"])
      const other = made.commit({ files: { "a.ts": 9 } })
      made.git(["reflog", "expire", "--expire=now", "--all"])
      made.git(["gc", "--quiet", "--prune=now"])
      const seen = yield* repository.follow.pipe(Stream.take(2), Stream.runCollect)
      const news = seen.filter(({ observationId }) => !known.has(observationId))
      assert.lengthOf(seen, 2)
      assert.deepStrictEqual(
        news.map((observation) => eventOf(observation).id),
        [other]
      )
    })
  )

  it.live("notices a branch after a repack, and one that got another name", () =>
    Effect.gen(function* () {
      const made = yield* withOneCommit
      const { next } = yield* followed(made)
      const second = made.commit({ files: { "a.ts": 2 } })
      made.git(["pack-refs", "--all"])
      assert.strictEqual(yield* next, `commit ${second}`)
      made.git(["branch", "--move", "main", "trunk"])
      const third = made.commit({ files: { "a.ts": 3 } })
      assert.strictEqual(yield* next, `commit ${third}`)
    })
  )
})
