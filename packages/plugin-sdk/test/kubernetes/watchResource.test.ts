import { assert, describe, it } from "@effect/vitest"
import { Effect, Queue, Random, Stream } from "effect"
import { TestClock } from "effect/testing"
import { makeKubeClient } from "../../src/sources/kubernetes/KubeClient.ts"
import { compileFields, keepFields } from "../../src/sources/kubernetes/keepFields.ts"
import { objectBytesMax } from "../../src/sources/kubernetes/listResource.ts"
import { type ResourceEvent, watchResource } from "../../src/sources/kubernetes/watchResource.ts"
import { type FakeAnswer, startFakeApiServer } from "./FakeApiServer.ts"
import {
  bookmarkLine,
  deletedLine,
  expiredLine,
  expiredPage,
  firstPage,
  forbidden,
  lastPage,
  laterList,
  modifiedLine
} from "./recordedAnswers.ts"

const fields = compileFields(["/status/phase"])
const keep = (object: Readonly<Record<string, unknown>>) =>
  JSON.stringify(keepFields(object, fields, { isSecret: false, approved: [] }))

const wordOf = (event: ResourceEvent): string => {
  if (event._tag === "Changed") return `${event.change} ${event.object.name} ${event.object.kept}`
  return event._tag === "Degraded" ? `degraded ${event.code}` : event._tag
}

const started = Effect.fnUntraced(function* (...answers: ReadonlyArray<FakeAnswer>) {
  const fake = yield* startFakeApiServer(...answers)
  const real = yield* makeKubeClient(fake.connection)
  // Counted here, since a request takes its time to the server.
  let requests = 0
  const open: typeof real.open = (path, query) =>
    Effect.suspend(() => {
      requests++
      return real.open(path, query)
    })
  const client = { ...real, open }
  const told = yield* Queue.unbounded<string>()
  yield* watchResource({ client, resource: "pods", keep, pace: { watchSeconds: 60, graceMs: 5_000 } }).pipe(
    Stream.runForEach((event) => Queue.offer(told, wordOf(event))),
    Effect.forkScoped
  )
  const take = (count: number) => Queue.takeN(told, count)
  return { fake, take, next: Queue.take(told), requests: () => requests }
})

const inOrder = [
  "Listing",
  'added a {"status":{"phase":"Pending"}}',
  'added b {"status":{"phase":"Pending"}}',
  'added c {"status":{"phase":"Pending"}}',
  "Synced"
]
const listed: ReadonlyArray<FakeAnswer> = [{ json: firstPage }, { json: lastPage }]
const queryOf = (url: URL | undefined) => Object.fromEntries(url?.searchParams ?? [])

// The server is real I/O, so what it says is waited for in events; only the reflector's own pauses are the test clock's.
describe("a reflector", () => {
  it.effect("follows the pages and watches from the version of the list, with bookmarks", () =>
    Effect.gen(function* () {
      const { fake, next, take } = yield* started(...listed, { lines: [modifiedLine, deletedLine] })
      assert.deepStrictEqual(yield* take(5), inOrder)
      assert.strictEqual(yield* next, 'modified a {"status":{"phase":"Running"}}')
      assert.strictEqual(yield* next, 'deleted b {"status":{"phase":"Pending"}}')
      assert.deepStrictEqual(queryOf(fake.requests[0]), { limit: "500" })
      assert.deepStrictEqual(queryOf(fake.requests[1]), { limit: "500", continue: firstPage.metadata.continue })
      const { timeoutSeconds, ...watch } = queryOf(fake.requests[2])
      assert.deepStrictEqual(watch, { watch: "1", allowWatchBookmarks: "true", resourceVersion: "205" })
      assert.isTrue(Number(timeoutSeconds) >= 60 && Number(timeoutSeconds) <= 120)
    }).pipe(Effect.scoped)
  )

  it.effect("begins the list anew where a page is answered with 410", () =>
    Effect.gen(function* () {
      const { fake, take } = yield* started({ json: firstPage }, { status: 410, json: expiredPage }, ...listed)
      assert.deepStrictEqual(yield* take(5), inOrder)
      assert.isFalse(fake.requests[2]?.searchParams.has("continue"))
    }).pipe(Effect.scoped)
  )

  it.effect("lists again where a watch is answered with 410, and tells what is missing as deleted", () =>
    Effect.gen(function* () {
      const { take } = yield* started(...listed, { lines: [expiredLine] }, { json: laterList })
      assert.deepStrictEqual(yield* take(5), inOrder)
      assert.deepStrictEqual(yield* take(4), [
        "Listing",
        'modified a {"status":{"phase":"Running"}}',
        'deleted b {"status":{"phase":"Pending"}}',
        "Synced"
      ])
    }).pipe(Effect.scoped)
  )

  it.effect("does not ask a server in a circle that forgets every version at once", () =>
    Effect.gen(function* () {
      const { next, requests, take } = yield* started(
        ...listed,
        { lines: [expiredLine] },
        ...listed,
        { lines: [expiredLine] },
        ...listed
      )
      assert.deepStrictEqual(yield* take(5), inOrder)
      assert.deepStrictEqual(yield* take(2), ["Listing", "Synced"])
      assert.strictEqual(yield* next, "degraded gone")
      assert.strictEqual(requests(), 6)
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(yield* take(2), ["Listing", "Synced"])
    }).pipe(Effect.scoped)
  )

  it.effect("goes on from a bookmark when the watch has ended", () =>
    Effect.gen(function* () {
      const { fake, take } = yield* started(...listed, { lines: [bookmarkLine], ends: true })
      yield* take(5)
      yield* fake.asked(3)
      // It ended at once, so it is not asked again at once.
      yield* Effect.forever(TestClock.adjust("1 second").pipe(Effect.andThen(Effect.promise(soon)))).pipe(
        Effect.raceFirst(fake.asked(4))
      )
      assert.strictEqual(fake.requests[3]?.searchParams.get("resourceVersion"), "250")
    }).pipe(Effect.scoped)
  )

  it.effect.each([
    ["a line that is not JSON", { text: '{"type":"MODIFIED","obj\n' }, "unexpected"],
    ["a line of another shape", { lines: [{ type: "SURPRISE", object: {} }] }, "unexpected"],
    ["a line that never ends", { text: "x".repeat(objectBytesMax + 1) }, "too_large"],
    ["a connection that is cut", { text: '{"type":"MODI', cut: true }, "unreachable"]
  ] as const)("gives up the connection, not the watch, at %s", ([, answer, code]) =>
    Effect.gen(function* () {
      const { fake, next, take } = yield* started(...listed, answer, { lines: [modifiedLine] })
      assert.deepStrictEqual(yield* take(5), inOrder)
      assert.strictEqual(yield* next, `degraded ${code}`)
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(yield* next, "Synced")
      assert.strictEqual(yield* next, 'modified a {"status":{"phase":"Running"}}')
      assert.strictEqual(fake.requests[3]?.searchParams.get("resourceVersion"), "205")
    }).pipe(Effect.scoped)
  )

  it.effect("gives up a watch that the server should have ended and did not", () =>
    Effect.gen(function* () {
      const { fake, next, requests, take } = yield* started(
        ...listed,
        { lines: [modifiedLine] },
        { lines: [deletedLine] }
      )
      yield* take(6)
      const seconds = Number(fake.requests[2]?.searchParams.get("timeoutSeconds"))
      yield* TestClock.adjust((seconds + 4) * 1000)
      assert.strictEqual(requests(), 3)
      yield* TestClock.adjust(1_000)
      assert.strictEqual(yield* next, "degraded unreachable")
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(yield* next, "Synced")
      assert.strictEqual(yield* next, 'deleted b {"status":{"phase":"Pending"}}')
    }).pipe(Effect.scoped)
  )

  it.effect("waits twice as long each time, and at least as long as it is told to", () =>
    Effect.gen(function* () {
      const busy: FakeAnswer = { status: 429, json: {}, headers: { "retry-after": "20" } }
      const broken: FakeAnswer = { status: 500, json: {} }
      const { fake, next, requests, take } = yield* started(busy, broken, broken)
      assert.strictEqual(yield* next, "degraded throttled")
      yield* TestClock.adjust("19 seconds")
      assert.strictEqual(requests(), 1)
      yield* TestClock.adjust("1 seconds")
      assert.strictEqual(yield* next, "degraded server_error")
      // The second in a row: between 0.8 and 1.6 seconds.
      yield* TestClock.adjust("799 millis")
      assert.strictEqual(requests(), 2)
      yield* TestClock.adjust("801 millis")
      yield* fake.asked(3)
      fake.answer(...listed)
      yield* Effect.forever(TestClock.adjust("1 second").pipe(Effect.andThen(Effect.promise(soon)))).pipe(
        Effect.raceFirst(fake.asked(4))
      )
      assert.deepStrictEqual(yield* take(5), inOrder)
    }).pipe(Effect.scoped, Random.withSeed("reflector"))
  )

  it.effect("asks seldom where only a person can help", () =>
    Effect.gen(function* () {
      const { next, requests, take } = yield* started({ status: 403, json: forbidden }, ...listed)
      assert.strictEqual(yield* next, "degraded forbidden")
      yield* TestClock.adjust("4 seconds")
      assert.strictEqual(requests(), 1)
      yield* TestClock.adjust("6 seconds")
      assert.deepStrictEqual(yield* take(5), inOrder)
    }).pipe(Effect.scoped)
  )
})

const soon = () => new Promise<void>((done) => setImmediate(done))
