import { assert, describe, it } from "@effect/vitest"
import * as Database from "@farmops/core/sql/Database"
import { Effect, Fiber, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { ActionLog } from "../src/ActionLog.ts"
import { GitHubRateLimited } from "../src/GitHubErrors.ts"
import { PollStore } from "../src/poll/PollStore.ts"
import { RepositoryPoller } from "../src/poll/RepositoryPoller.ts"
import { triageMigrations } from "../src/triageTables.ts"
import { TaskQueue } from "../src/work/TaskQueue.ts"
import { entryOf } from "./issues.ts"
import { away, StandInGitHub } from "./standInGitHub.ts"

const repo = "octo/farm"
const start = Date.parse("2026-03-01T00:00:00Z")
const at = (seconds: number) => `${new Date(start + seconds * 1000).toISOString().slice(0, 19)}Z`

const database = Database.layerMigrations("harness", triageMigrations).pipe(
  Layer.provideMerge(Database.layer(":memory:"))
)

const withPoller = <A, E>(
  github: StandInGitHub,
  effect: Effect.Effect<A, E, RepositoryPoller | PollStore | TaskQueue | ActionLog | SqlClient.SqlClient>
) =>
  Effect.andThen(TestClock.setTime(start), effect).pipe(
    Effect.provide(
      RepositoryPoller.layer.pipe(
        Layer.provide(github.layer),
        Layer.provideMerge(Layer.mergeAll(PollStore.layer, TaskQueue.layer, ActionLog.layer)),
        Layer.provideMerge(database)
      )
    )
  )

const queued = Effect.flatMap(
  SqlClient.SqlClient,
  (sql) => sql<{ issue: number; cause: string }>`SELECT issue, cause FROM task WHERE state = 'waiting' ORDER BY rowid`
)

describe("RepositoryPoller", () => {
  it.effect("begins with now: what was there before is no task, what changes from then on is one", () => {
    const github = new StandInGitHub()
    github.put({ number: 1, updated_at: at(-5) })
    return withPoller(
      github,
      Effect.gen(function* () {
        const poller = yield* RepositoryPoller
        assert.deepInclude(yield* poller.pollOnce(repo), { requests: 1, added: 0 })
        github.put({ number: 2, created_at: at(10), updated_at: at(10) })
        github.put({ number: 1, updated_at: at(12), comments: 1 })
        assert.deepInclude(yield* poller.pollOnce(repo), { added: 2 })
        assert.deepStrictEqual(yield* queued, [
          { issue: 1, cause: "commented" },
          { issue: 2, cause: "opened" }
        ])
      })
    )
  })

  it.effect("costs one request while nothing changes, and each answer after the first is a 304", () => {
    const github = new StandInGitHub()
    return withPoller(
      github,
      Effect.gen(function* () {
        const poller = yield* RepositoryPoller
        for (let look = 0; look < 5; look++) {
          yield* TestClock.adjust("1 minute")
          const report = yield* poller.pollOnce(repo)
          assert.deepInclude(report, { requests: 1, notModified: look > 0 })
        }
      })
    )
  })

  it.effect("makes one task of one change, however often the list repeats it", () => {
    const github = new StandInGitHub()
    return withPoller(
      github,
      Effect.gen(function* () {
        const poller = yield* RepositoryPoller
        yield* poller.pollOnce(repo)
        github.put({ number: 1, created_at: at(10), updated_at: at(10) })
        yield* poller.pollOnce(repo)
        github.put({ number: 2, created_at: at(10), updated_at: at(10) })
        assert.deepInclude(yield* poller.pollOnce(repo), { added: 1 })
        github.put({ number: 3, created_at: at(20), updated_at: at(20) })
        assert.deepInclude(yield* poller.pollOnce(repo), { added: 1 })
        // A day later everything of the day comes again.
        yield* TestClock.adjust("25 hours")
        assert.deepInclude(yield* poller.pollOnce(repo), { added: 0, notModified: false })
        assert.strictEqual((yield* queued).length, 3)
      })
    )
  })

  it.effect("does not answer itself: what our own actions changed is no task", () => {
    const github = new StandInGitHub()
    return withPoller(
      github,
      Effect.gen(function* () {
        const poller = yield* RepositoryPoller
        const log = yield* ActionLog
        yield* poller.pollOnce(repo)
        const seen = github.put({ number: 7, updated_at: at(10), labels: [{ name: "bug" }] })
        yield* log.record({ ...entryOf("0b0b8a86-4f0a-4f4e-8a53-1d2a4c1c8a11", []), repo, seen })
        assert.deepInclude(yield* poller.pollOnce(repo), { added: 0 })
        github.put({ ...seen, updated_at: at(11), comments: 1 })
        assert.deepInclude(yield* poller.pollOnce(repo), { added: 1 })
        assert.deepStrictEqual(yield* queued, [{ issue: 7, cause: "commented" }])
      })
    )
  })

  it.effect("moves nothing when a later page fails, and finds it all the next time", () => {
    const github = new StandInGitHub()
    return withPoller(
      github,
      Effect.gen(function* () {
        const poller = yield* RepositoryPoller
        const store = yield* PollStore
        yield* poller.pollOnce(repo)
        const before = yield* store.cursor(repo)
        for (let number = 1; number <= 150; number++) {
          github.put({ number, created_at: at(number), updated_at: at(number) })
        }
        github.before = (question) => (question === 3 ? away : undefined)
        assert.strictEqual((yield* Effect.flip(poller.pollOnce(repo)))._tag, "GitHubUnreachable")
        assert.deepStrictEqual(yield* store.cursor(repo), before)
        assert.isEmpty(yield* queued)
        assert.deepInclude(yield* poller.pollOnce(repo), { requests: 2, added: 150 })
      })
    )
  })

  it.effect("does not move the cursor without the tasks", () => {
    const github = new StandInGitHub()
    return withPoller(
      github,
      Effect.gen(function* () {
        const poller = yield* RepositoryPoller
        const store = yield* PollStore
        const sql = yield* SqlClient.SqlClient
        yield* poller.pollOnce(repo)
        const before = yield* store.cursor(repo)
        github.put({ number: 1, created_at: at(10), updated_at: at(10) })
        yield* sql`CREATE TRIGGER no_room BEFORE UPDATE ON repository_cursor BEGIN SELECT RAISE(ABORT, 'full'); END`
        assert.strictEqual((yield* Effect.flip(poller.pollOnce(repo)))._tag, "StoreUnavailable")
        assert.isEmpty(yield* queued)
        assert.deepStrictEqual(yield* store.cursor(repo), before)
        yield* sql`DROP TRIGGER no_room`
        assert.deepInclude(yield* poller.pollOnce(repo), { added: 1 })
      })
    )
  })

  it.effect("reads on from the oldest where more changed than one pass takes", () => {
    const github = new StandInGitHub()
    return withPoller(
      github,
      Effect.gen(function* () {
        const poller = yield* RepositoryPoller
        yield* poller.pollOnce(repo)
        for (let number = 1; number <= 5_150; number++) {
          github.put({ number, created_at: at(number), updated_at: at(number) })
        }
        assert.deepInclude(yield* poller.pollOnce(repo), { added: 5_000 })
        assert.deepInclude(yield* poller.pollOnce(repo), { added: 150 })
      })
    )
  })

  it.effect("keeps to GitHub's pauses, and goes on with the others meanwhile", () => {
    const github = new StandInGitHub()
    const times: Array<readonly [string, number]> = []
    return withPoller(
      github,
      Effect.gen(function* () {
        const clock = yield* TestClock.testClockWith(Effect.succeed)
        github.before = () => {
          const asked = github.questions.at(-1)?.repo ?? ""
          times.push([asked, clock.currentTimeMillisUnsafe() - start])
          return asked === "octo/limited"
            ? new GitHubRateLimited({ route: "GET", kind: "primary", retryAfterMs: 7_200_000 })
            : undefined
        }
        const poller = yield* RepositoryPoller
        const running = yield* Effect.forkChild(
          poller.run([repo, "octo/limited"], { intervalMs: 60_000, found: Effect.void })
        )
        yield* TestClock.adjust("100 minutes")
        assert.strictEqual(times.filter(([asked]) => asked === "octo/limited").length, 1)
        assert.isAtLeast(times.filter(([asked]) => asked === repo).length, 98)
        const limited = (yield* poller.standings).find((standing) => standing.repo === "octo/limited")
        assert.deepInclude(limited, { fault: "GitHubRateLimited", failures: 1, lastMs: null })
        github.pollIntervalSeconds = 600
        const so = times.length
        yield* TestClock.adjust("60 minutes")
        assert.isAtMost(times.length - so, 8)
        yield* Fiber.interrupt(running)
      })
    )
  })
})
