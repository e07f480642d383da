import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { serveOn } from "../src/author/servePlugin.ts"
import { drawReport } from "../src/conformance/ConformanceReport.ts"
import { compareGolden, readGoldenFolder } from "../src/conformance/goldenVerdict.ts"
import { runConformance } from "../src/conformance/runConformance.ts"
import { makeEcho } from "./echoPlugin.ts"

const file = (name: string) => fileURLToPath(new URL(name, import.meta.url))

const broken = (...faults: ReadonlyArray<string>) => ({
  _tag: "Program" as const,
  command: process.execPath,
  args: ["--conditions=@farmops/source", file("./brokenPlugin.ts"), ...faults]
})

const test = Effect.fnUntraced(function* (...faults: ReadonlyArray<string>) {
  return yield* runConformance(broken(...faults), yield* readGoldenFolder(file("./fixtures/golden")))
})

const failed = (report: Effect.Success<ReturnType<typeof test>>) =>
  report.checks.filter(({ outcome }) => outcome === "failed").map(({ name }) => name)

const temporaryFolder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "farmops-golden-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)

// Each starts a program several times: generous, for a busy machine is no failure of ours.
const startsMsMax = 300_000

describe("the conformance kit", () => {
  it.live(
    "finds nothing wrong with a plugin that does as it should, and skips nothing",
    () =>
      Effect.gen(function* () {
        const report = yield* test()
        assert.deepStrictEqual(failed(report), [])
        assert.strictEqual(report.skipped, 0)
        assert.deepStrictEqual(report.plugin, { id: "farmops/broken", version: "1.0.0" })
        assert.include(drawReport(report), `${report.passed} passed, 0 failed, 0 skipped`)
      }),
    startsMsMax
  )

  it.live(
    "finds what is wrong with a plugin, and nothing else",
    () =>
      Effect.gen(function* () {
        const leaky = ["socket-mode", "leak", "golden/first", "orphan"]
        assert.deepStrictEqual(failed(yield* test("open", "leaks", "orphan")), leaky)
        const racy = ["concurrency", "session-concurrency", "sigterm"]
        assert.deepStrictEqual(failed(yield* test("races", "stubborn")), racy)
      }),
    startsMsMax
  )

  it.live(
    "finds all that somebody gets wrong who has read the .proto file alone",
    () =>
      Effect.gen(function* () {
        const report = yield* test("careless")
        assert.deepStrictEqual(failed(report), [
          ...["socket-mode", "token", "unknown-source", "malformed-json", "not-utf8", "oversized"],
          ...["golden/first", "golden/second", "golden/too-few", "orphan"]
        ])
      }),
    startsMsMax
  )

  it.live(
    "starts a plugin again that a check has killed, and asks on",
    () =>
      Effect.gen(function* () {
        const report = yield* test("crashes", "counts")
        const unlucky = report.checks.find(({ name }) => name === "golden/unlucky")
        assert.include(unlucky?.reason, "its process ended")
        assert.deepStrictEqual(failed(report), [
          ...["concurrency", "determinism", "session", "session-concurrency"],
          ...["golden/first", "golden/second", "golden/unlucky"]
        ])
      }),
    startsMsMax
  )

  it.live(
    "says why it could not ask anything",
    () =>
      Effect.gen(function* () {
        const dead = yield* test("dead")
        assert.deepStrictEqual(failed(dead), ["start"])
        assert.include(dead.checks[0]?.reason, "it ended with status 3; its last words: no licence found")
        const mute = yield* test("mute")
        assert.deepStrictEqual(failed(mute), ["describe"])
        assert.isNull(mute.plugin)
        const missing = yield* runConformance({ _tag: "Program", command: "/nowhere/plugin", args: [] })
        assert.deepStrictEqual(failed(missing), ["start"])
        const noSocket = yield* runConformance({ _tag: "Socket", path: "/nowhere/plugin.sock", token: null })
        assert.deepStrictEqual(failed(noSocket), ["start"])
      }),
    startsMsMax
  )

  it.live(
    "asks a plugin that listens already, and neither ends it nor needs its golden verdicts",
    () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder
        const path = join(folder, "plugin.sock")
        const served = yield* Effect.promise(() => serveOn(makeEcho().plugin, { socket: path, token: "right" }))
        yield* Effect.addFinalizer(() => Effect.promise(served.close))
        const report = yield* runConformance({ _tag: "Socket", path, token: "right" })
        assert.deepStrictEqual(failed(report), [])
        assert.deepStrictEqual(
          report.checks.filter(({ outcome }) => outcome === "skipped").map(({ name }) => name),
          ["configure", "leak", "sigterm", "orphan"]
        )
        const wrong = yield* runConformance({ _tag: "Socket", path, token: "wrong" })
        assert.deepStrictEqual(failed(wrong), ["describe"])
      }),
    startsMsMax
  )

  it("draws nothing on the terminal that a plugin says", () => {
    const lines = drawReport({
      plugin: null,
      passed: 0,
      failed: 1,
      skipped: 0,
      checks: [{ name: "start", outcome: "failed", expected: "starts", reason: "\u001b[2Jgone\nok    all" }]
    })
    assert.include(lines, "       [2Jgone ok    all")
  })
})

describe("a golden verdict", () => {
  const golden = (expect: object) => ({
    source_type: "test",
    data: {},
    expect: { verdict: "rejected" as const, ...expect }
  })
  const rejected = (remember: Uint8Array | null) => ({ verdict: "rejected" as const, reason: "why", remember })

  it("holds what is remembered against what was written, whatever the order of keys", () => {
    const remember = Buffer.from('{"b":[1],"a":null}')
    assert.isNull(compareGolden(golden({}), rejected(remember)))
    assert.isNull(compareGolden(golden({ remember: { a: null, b: [1] } }), rejected(remember)))
    assert.isNull(compareGolden(golden({ remember: null }), rejected(new Uint8Array())))
    assert.strictEqual(compareGolden(golden({ remember: null }), rejected(null)), "remember is nothing, not null")
    assert.include(compareGolden(golden({ remember: { a: 1 } }), rejected(remember)) ?? "", "remember is")
  })

  it("says what the verdict is instead, with the plugin's reason", () => {
    assert.strictEqual(
      compareGolden({ ...golden({}), expect: { verdict: "verified" } }, rejected(null)),
      'verdict is "rejected" (why), not "verified"'
    )
  })

  it.effect("names the file that cannot be used", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const reasonOf = Effect.map(Effect.flip(readGoldenFolder(folder)), ({ reason }) => reason)
      assert.include(yield* reasonOf, "holds no *.json")
      writeFileSync(join(folder, "a.json"), "{")
      assert.strictEqual(yield* reasonOf, "a.json is not JSON in UTF-8")
      writeFileSync(join(folder, "a.json"), '{"source_type":"t","data":1,"expect":{"verdict":"rejected","reason":"x"}}')
      assert.include(yield* reasonOf, "a.json: ")
      assert.include(yield* reasonOf, "reason")
      assert.include((yield* Effect.flip(readGoldenFolder(join(folder, "missing")))).reason, "cannot be read")
    })
  )
})
