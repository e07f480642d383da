import { assert, describe, it, layer } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Stream } from "effect"
import { nextKey, recovery, thirdKey } from "../../../conformance/proof/sampleProofs.ts"
import { type AuditLines, AuditPool, type AuditVerdict } from "../src/AuditPool.ts"
import { auditChain } from "../src/auditChain.ts"
import { nodeBackend } from "../src/NodeBackend.ts"
import { findSodium } from "../src/SodiumBackend.ts"
import { type ChainVerdict, verifyChain } from "../src/verify.ts"
import { anchor, chainWith, damages, misdeeds } from "./sampleChains.ts"

/** Records of a segment: the places where the pool cuts. */
const cut = 256
const length = 3 * cut + 10

const core = (verdict: AuditVerdict | ChainVerdict) =>
  verdict.ok
    ? { ok: true, count: verdict.count, head: verdict.head, epochs: verdict.epochs }
    : { ok: false, count: verdict.count, line: verdict.line, fault: verdict.fault }

const audit = <E = never>(lines: AuditLines<E>, options = {}) =>
  Effect.flatMap(AuditPool, (pool) => pool.audit(lines, anchor, options))

const plain = chainWith(length)
const turned = chainWith(length, [
  { at: cut - 1, to: nextKey },
  { at: cut, to: thirdKey, by: recovery }
])
const utf8 = new TextEncoder()

describe.each([1, 2])("with %i threads", (workers) => {
  layer(AuditPool.layer({ backend: "node", workers }), { excludeTestServices: true })((it) => {
    it.effect("gives a good chain the verdict of one walk, as text, as bytes and as a stream", () =>
      Effect.gen(function* () {
        for (const lines of [plain, turned]) {
          const expected = core(verifyChain(lines, anchor, nodeBackend))
          assert.isTrue(expected.ok)
          assert.deepStrictEqual(core(yield* audit(lines)), expected)
          assert.deepStrictEqual(core(yield* audit(lines.map((line) => utf8.encode(line)))), expected)
          assert.deepStrictEqual(core(yield* audit(Stream.fromIterable(lines, { chunkSize: 100 }))), expected)
          assert.deepStrictEqual(core(yield* audit(new Set(lines))), expected)
        }
      })
    )

    it.effect("says what it proved, and keeps the levels apart", () =>
      Effect.gen(function* () {
        for (const level of ["full", "links"] as const) {
          assert.deepStrictEqual(yield* audit(turned, { level }), auditChain(level, turned, anchor, nodeBackend))
        }
      })
    )

    it.effect("takes up a chain after a known head", () =>
      Effect.gen(function* () {
        const start = verifyChain(turned.slice(0, 200), anchor, nodeBackend)
        const from = start.ok ? start.head : null
        for (const level of ["full", "links"] as const) {
          const expected = auditChain(level, turned.slice(200), anchor, nodeBackend, { from })
          assert.deepInclude(expected, { ok: true, count: length - 200 })
          assert.deepStrictEqual(yield* audit(turned.slice(200), { level, from }), expected)
          assert.isFalse((yield* audit(turned.slice(200), { level })).ok)
        }
      })
    )
  })
})

layer(AuditPool.layer({ backend: "node", workers: 2 }), { excludeTestServices: true })(
  "with damage around a cut",
  (it) => {
    it.effect.each(Object.entries(damages))("finds %s at the line and for the reason of one walk", ([name, damage]) =>
      Effect.gen(function* () {
        for (const at of [cut - 1, cut, cut + 1]) {
          const lines = damage(turned, at)
          const expected = core(verifyChain(lines, anchor, nodeBackend))
          assert.isFalse(expected.ok, `${name} at ${at}`)
          assert.deepStrictEqual(core(yield* audit(lines)), expected, `${name} at ${at}`)
        }
      })
    )

    it.effect.each(Object.entries(misdeeds))("finds %s at the line and for the reason of one walk", ([name, misdeed]) =>
      Effect.gen(function* () {
        for (const at of [cut, 2 * cut + 7]) {
          const lines = misdeed(length, at)
          const expected = core(verifyChain(lines, anchor, nodeBackend))
          assert.deepInclude(expected, { ok: false, line: at + 1 })
          assert.deepStrictEqual(core(yield* audit(lines)), expected, `${name} at ${at}`)
        }
      })
    )

    it.effect("finds the first of several faults", () =>
      Effect.gen(function* () {
        const lines = plain
          .with(2 * cut + 1, "bad")
          .with(cut + 3, "worse")
          .with(3 * cut + 2, "")
        assert.deepInclude(core(yield* audit(lines)), { ok: false, line: cut + 4, count: cut + 3 })
      })
    )

    it.effect("refuses a text whose lone surrogate would pass for its replacement", () =>
      Effect.gen(function* () {
        const lines = chainWith(length, [], (record, at) =>
          at === cut ? { ...record, action: { ...(record.action as object), description: "\ufffd" } } : record
        )
        assert.isTrue((yield* audit(lines)).ok)
        const verdict = yield* audit(lines.with(cut, (lines[cut] ?? "").replace("\ufffd", "\ud800")))
        assert.strictEqual(verdict.ok ? null : verdict.fault.code, "not_utf8")
      })
    )
  }
)

describe("the pool", () => {
  const pool = AuditPool.layer({ backend: "node", workers: 2 })
  const withThread = (file: string, backend: "node" | "sodium" = "node") =>
    AuditPool.layer({ backend, workers: 2, workerFile: new URL(file, import.meta.url) })

  it.live("fails when a thread dies, and never answers", () =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(audit(plain))
      assert.isTrue(Exit.isFailure(exit))
      const error = yield* Effect.flip(audit(plain))
      assert.strictEqual(error._tag, "AuditWorkerDied")
      assert.instanceOf(error.cause, Error)
    }).pipe(Effect.provide(withThread("./dyingWorker.ts")))
  )

  it.live("fails when its threads cannot start", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* Effect.flip(audit(plain)))._tag, "AuditWorkerDied")
    }).pipe(Effect.provide(withThread("./noWorker.ts")))
  )

  it.live("starts no thread for a short chain, nor for links", () =>
    Effect.gen(function* () {
      for (const count of [0, 1, cut, 2 * cut - 1]) {
        const verdict = yield* audit(plain.slice(0, count))
        assert.deepInclude(verdict, { ok: true, count })
      }
      assert.isFalse((yield* audit(["bad"])).ok)
      assert.isTrue((yield* audit(plain, { level: "links" })).ok)
      assert.strictEqual((yield* Effect.flip(audit(plain.slice(0, 2 * cut))))._tag, "AuditWorkerDied")
    }).pipe(Effect.provide(withThread("./noWorker.ts")))
  )

  it.live("takes no other library than the one that is named", () =>
    Effect.gen(function* () {
      const built = Layer.build(AuditPool.layer({ backend: "sodium", sodiumFrom: "file:///nowhere/main.js" }))
      const error = yield* Effect.flip(Effect.scoped(built))
      assert.deepInclude(error, { _tag: "AuditBackendUnavailable", backend: "sodium" })
      assert.include(error.detail, "not installed")
    })
  )

  it.live("gives the same verdicts with libsodium", (context) =>
    Effect.gen(function* () {
      if (!findSodium().ok) return context.skip("no sodium-native; npm install brings it where it has a binary")
      const verdict = audit(turned).pipe(Effect.provide(AuditPool.layer({ backend: "sodium", workers: 2 })))
      assert.deepStrictEqual(core(yield* verdict), core(verifyChain(turned, anchor, nodeBackend)))
    })
  )

  it.live("tells of progress seldom, and of the total where it is known", () =>
    Effect.gen(function* () {
      const lines = chainWith(6 * cut + 100)
      for (const level of ["full", "links"] as const) {
        const told: Array<readonly [number, number | null]> = []
        const onProgress = (done: number, total: number | null) => void told.push([done, total])
        yield* audit(lines, { level, onProgress })
        assert.isTrue(told.length >= 2 && told.length <= lines.length / 500)
        told.forEach(([done, total], at) => {
          assert.isTrue(done >= (told[at - 1]?.[0] ?? 0) + 500 && done <= lines.length)
          assert.strictEqual(total, lines.length)
        })
        told.length = 0
        yield* audit(Stream.fromIterable(lines), { level, onProgress })
        assert.isTrue(told.length > 0 && told.every(([, total]) => total === null))
      }
    }).pipe(Effect.provide(pool))
  )

  it.live("passes on what goes wrong with the lines", () =>
    Effect.gen(function* () {
      for (const level of ["full", "links"] as const) {
        for (const lines of [plain, plain.slice(0, 10)]) {
          const broken = Stream.concat(Stream.fromIterable(lines), Stream.fail("unreadable" as const))
          assert.strictEqual(yield* Effect.flip(audit(broken, { level })), "unreadable")
        }
      }
    }).pipe(Effect.provide(pool))
  )

  it.live("ends at once when its signal is aborted, and serves the next audit", () =>
    Effect.gen(function* () {
      const endless = Stream.concat(Stream.fromIterable(chainWith(2500)), Stream.never)
      for (const level of ["full", "links"] as const) {
        const controller = new AbortController()
        const context = yield* Effect.context<AuditPool>()
        const running = Effect.runPromise(
          Effect.provideContext(audit(endless, { level, onProgress: () => controller.abort() }), context),
          { signal: controller.signal }
        )
        const outcome = yield* Effect.promise(() =>
          running.then(
            () => "ended",
            () => "aborted"
          )
        )
        assert.strictEqual(outcome, "aborted")
        assert.deepStrictEqual(core(yield* audit(turned)), core(verifyChain(turned, anchor, nodeBackend)))
      }
    }).pipe(Effect.provide(pool))
  )

  it.live("serves several audits at a time with its few threads", () =>
    Effect.gen(function* () {
      const chains = [plain, turned, plain.with(cut, "bad"), turned.slice(0, 600), plain]
      const verdicts = yield* Effect.forEach(chains, (lines) => audit(lines), { concurrency: "unbounded" })
      assert.deepStrictEqual(
        verdicts.map(core),
        chains.map((lines) => core(verifyChain(lines, anchor, nodeBackend)))
      )
    }).pipe(Effect.provide(pool))
  )

  it.live("leaves no thread behind its scope", () =>
    Effect.gen(function* () {
      const threads = () => {
        const report: unknown = process.report.getReport()
        return (report as { readonly workers: ReadonlyArray<unknown> }).workers.length
      }
      const before = threads()
      yield* Effect.gen(function* () {
        yield* audit(plain)
        assert.isTrue(threads() > before)
        const running = yield* Effect.forkChild(audit(Stream.concat(Stream.fromIterable(plain), Stream.never)))
        yield* Effect.yieldNow
        yield* Fiber.interrupt(running)
      }).pipe(Effect.provide(pool))
      assert.strictEqual(threads(), before)
    })
  )
})
