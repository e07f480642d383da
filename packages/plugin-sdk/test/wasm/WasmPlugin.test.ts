import { createHash } from "node:crypto"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Schema, Scope } from "effect"
import { rawDataBytesMax } from "../../src/contract/Observation.ts"
import { startWasmPlugin, type WasmPluginSpec } from "../../src/runtime/wasm/WasmPlugin.ts"
import { writeRequest } from "../../src/runtime/wasm/wasmMessages.ts"
import { observation } from "../observation.ts"
import { answerAt, code, type Made, makeModule, pointTo, verified, writeModule } from "./makeModule.ts"

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "wasm-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true }))
)

const start = Effect.fnUntraced(function* (made: Made = {}, spec: Partial<WasmPluginSpec> = {}) {
  const module = writeModule(yield* folder, made)
  return yield* startWasmPlugin({ id: "farmops/made", module, ...spec })
})

const reasonOf = (made: Made, spec: Partial<WasmPluginSpec> = {}) =>
  Effect.map(Effect.flip(start(made, spec)), ({ reason }) => reason)

const faultOf = <A, E extends { readonly code: string }>(effect: Effect.Effect<A, E>) =>
  Effect.map(Effect.flip(effect), (fault) => fault.code)

const answering = (answer: unknown): Made => ({ answer: JSON.stringify(answer) })

describe("a WebAssembly plugin", () => {
  it.live("describes itself and gives a verdict", () =>
    Effect.gen(function* () {
      const plugin = yield* start()
      assert.strictEqual(plugin.digest, createHash("sha256").update(makeModule()).digest("hex"))
      assert.deepStrictEqual(plugin.description.description_templates, ["Did {things} thing"])
      const verdict = yield* plugin.verify(observation({}))
      assert.deepInclude(verdict, {
        verdict: "verified",
        description: "Did 1 thing",
        subcategory: null,
        remember: null
      })
      assert.strictEqual(verdict.verdict === "verified" && new TextDecoder().decode(verdict.evidence), '{"seen":true}')
      assert.strictEqual(plugin.starts(), 1)
    })
  )

  it.effect("is told what it is asked about, with the data last and word for word", () =>
    Effect.gen(function* () {
      const utf8 = new TextEncoder()
      const raw = '{ "a": 1.0, "a": 2 }'
      const seen = observation(null, { rawData: utf8.encode(raw), subject: "one thing" })
      const request = yield* writeRequest(seen, utf8.encode('{"firing":1}'), { strict: true })
      const text = new TextDecoder().decode(request ?? new Uint8Array())
      assert.isTrue(text.endsWith(`,"data":${raw}}`))
      assert.deepStrictEqual(JSON.parse(text), {
        observation_id: seen.observationId,
        source_type: "test",
        detected_at: "2026-02-21T09:30:00.000Z",
        subject: "one thing",
        memory: { firing: 1 },
        configuration: { strict: true },
        data: { a: 2 }
      })
      const other = observation(null, { rawData: utf8.encode('{"a":1},"memory":"made up"') })
      assert.isNull(yield* writeRequest(other, new Uint8Array(), null))
      const plugin = yield* start()
      assert.strictEqual(yield* faultOf(plugin.verify(other)), "refused")
    })
  )

  it.live("has something remembered, or forgotten, or leaves it as it is", () =>
    Effect.gen(function* () {
      const remembered = Effect.fnUntraced(function* (changes: object) {
        const plugin = yield* start(answering({ verdict: "inconclusive", ...changes }))
        const { remember } = yield* plugin.verify(observation({}))
        return remember === null ? null : new TextDecoder().decode(remember)
      })
      assert.strictEqual(yield* remembered({ remember: { firing: 1 } }), '{"firing":1}')
      assert.strictEqual(yield* remembered({ remember: null }), "")
      assert.isNull(yield* remembered({}))
    })
  )

  it.live("remembers nothing by itself: each call has a new instance", () =>
    Effect.gen(function* () {
      const answer = JSON.stringify({ verdict: "inconclusive", reason: "0" })
      const plugin = yield* start({ answer, verify: code.count(answer.indexOf('0"'), answer) })
      for (let call = 0; call < 3; call++) {
        assert.strictEqual((yield* plugin.verify(observation({}))).reason, "1")
      }
    })
  )

  it.live("does not start where it could reach or become more than it declares", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* reasonOf({ imports: true }), "it imports env.clock, and nothing can be imported")
      assert.strictEqual(yield* reasonOf({ memory: [0, 1] }), "its memory has no maximum")
      assert.strictEqual(yield* reasonOf({ memory: [3, 1, 4] }), "its memory is shared or of 64 bits")
      assert.match(yield* reasonOf({ memory: [1, 1, 0x81, 0x04] }), /513 pages, which is more than 512/)
      assert.match(yield* reasonOf({}, { limits: { memoryBytesMax: 3 * 65_536 } }), /4 pages, which is more than 3/)
      assert.strictEqual(yield* reasonOf({ table: [0, 1] }), "its table has no maximum")
      assert.match(yield* reasonOf({ table: [1, 1, 0x81, 0x80, 0x04] }), /more than 65536 entries/)
      const collected = { types: [[0x5e, 0x78, 1]] }
      assert.strictEqual(yield* reasonOf(collected), "it has a type that WebAssembly 2.0 does not know")
      assert.strictEqual(yield* reasonOf({ without: "alloc" }), "it exports no function called alloc")
      assert.strictEqual(yield* reasonOf({ without: "memory" }), "it exports no memory called memory")
      yield* start({ memory: [1, 1, 0x80, 0x04], table: [1, 1, 1] })
    })
  )

  it.live("does not start where it is not what its owner expects", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* reasonOf({}, { digest: "0".repeat(64) }), "its module has another digest")
      assert.strictEqual(yield* reasonOf({ id: "farmops/other" }), "it describes itself with another id")
      assert.strictEqual(yield* reasonOf({ description: "{}" }), "its description is outside the contract")
      assert.strictEqual(yield* reasonOf({ description: "no JSON" }), "its description is outside the contract")
      assert.strictEqual(yield* reasonOf({}, { module: "/nowhere.wasm" }), "its module cannot be read")
      const nonsense = join(yield* folder, "nonsense.wasm")
      writeFileSync(nonsense, "not a module")
      assert.strictEqual(yield* reasonOf({}, { module: nonsense }), "it is not a WebAssembly module")
      const limits = { readyMsMax: 300 }
      assert.match(yield* reasonOf({ describe: code.loop }, { limits }), /did not describe itself within 0.3 s/)
      assert.strictEqual(yield* reasonOf({ describe: code.trap }), "it stopped with a trap")
    })
  )

  it.live("is ended in the middle of a call that takes too long, and answers the next one in another thread", () =>
    Effect.gen(function* () {
      const looping = yield* start({ verify: code.loop }, { limits: { callMsMax: 200 } })
      const calm = yield* start()
      const [code1, verdict] = yield* Effect.all(
        [faultOf(looping.verify(observation({}))), calm.verify(observation({}))],
        { concurrency: "unbounded" }
      )
      assert.strictEqual(code1, "deadline")
      assert.strictEqual(verdict.verdict, "verified")
      assert.strictEqual(looping.starts(), 1)
      assert.strictEqual(yield* faultOf(looping.verify(observation({}))), "deadline")
      assert.strictEqual(looping.starts(), 2)
    })
  )

  it.live("is ended when nobody waits for its answer any more", () =>
    Effect.gen(function* () {
      const plugin = yield* start({ verify: code.loop }, { limits: { callMsMax: 60_000 } })
      yield* plugin.verify(observation({})).pipe(Effect.timeout("100 millis"), Effect.ignore)
      yield* plugin.verify(observation({})).pipe(Effect.timeout("100 millis"), Effect.ignore)
      assert.strictEqual(plugin.starts(), 2)
    })
  )

  it.live("may trap, exhaust its stack or ask for memory without harm", () =>
    Effect.gen(function* () {
      const trapping = yield* start({ verify: code.trap })
      assert.strictEqual(yield* faultOf(trapping.verify(observation({}))), "error")
      const recursing = yield* start({ verify: code.recursion })
      assert.strictEqual(yield* faultOf(recursing.verify(observation({}))), "error")
      const outside = yield* start({ alloc: [0x41, 0x7f] })
      assert.strictEqual(yield* faultOf(outside.verify(observation({}))), "error")
      const growing = yield* start({ verify: code.grow(JSON.stringify(verified)) })
      assert.strictEqual((yield* growing.verify(observation({}))).verdict, "verified")
      assert.deepStrictEqual(
        [trapping, recursing, outside, growing].map((one) => one.starts()),
        [1, 1, 1, 1]
      )
    })
  )

  it.live("cannot answer outside of its memory or of the contract", () =>
    Effect.gen(function* () {
      const made: ReadonlyArray<Made> = [
        { verify: pointTo(65_000, 4_000) },
        { verify: pointTo(2 ** 31, 10) },
        { verify: pointTo(answerAt + 100_000_000, 1) },
        { answer: "no JSON" },
        { answer: "[]" },
        answering({ ...verified, category: "fun" }),
        answering({ ...verified, scoring_hints: {} }),
        // With room for the request behind it, at 128 KiB.
        { ...answering({ ...verified, remember: "x".repeat(65_536) }), memory: [1, 4, 4], alloc: [0x41, 0x80, 0x80, 8] }
      ]
      for (const one of made) {
        const plugin = yield* start(one)
        assert.strictEqual(yield* faultOf(plugin.verify(observation({}))), "answer")
      }
    })
  )

  it.live("is not asked about what it did not declare, or what no message holds", () =>
    Effect.gen(function* () {
      const plugin = yield* start({ memory: [1, 1, 0x80, 0x02] })
      assert.strictEqual(yield* faultOf(plugin.verify(observation({}, { sourceType: "other" }))), "refused")
      const large = observation("x".repeat(rawDataBytesMax))
      assert.strictEqual(yield* faultOf(plugin.verify(large)), "too_large")
    })
  )

  it.live("ends its thread with its scope", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const plugin = yield* Scope.provide(start({ verify: code.loop }, { limits: { callMsMax: 60_000 } }), scope)
      const asked = yield* Effect.forkChild(Effect.exit(plugin.verify(observation({}))))
      yield* Effect.sleep("50 millis")
      yield* Scope.close(scope, Exit.void)
      void asked
      const threads = process.report?.getReport()
      const { workers = [] } = yield* Schema.decodeUnknownEffect(
        Schema.Struct({ workers: Schema.optionalKey(Schema.Array(Schema.Unknown)) })
      )(threads)
      assert.deepStrictEqual(workers, [])
    })
  )
})
