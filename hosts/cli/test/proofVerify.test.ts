import { execFileSync } from "node:child_process"
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { AgentKey } from "@farmops/proof/AgentKey"
import { Effect } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { Printer } from "../src/Printer.ts"
import { proofVerify } from "../src/proofVerify.ts"
import { layerWorkingAgent, signWork } from "./workingAgent.ts"

const signChain = (count: number) =>
  Effect.gen(function* () {
    const lines: Array<string> = []
    for (let at = 0; at < count; at++) lines.push((yield* signWork(at)).line)
    return { lines, key: (yield* AgentKey).publicKey }
  }).pipe(Effect.provide(layerWorkingAgent))

describe("proof verify", () => {
  let dir: string
  let file: string
  let lines: ReadonlyArray<string>
  let key: string
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), "farmops-verify-"))
    file = join(dir, "chain.jsonl")
    const signed = await Effect.runPromise(signChain(12))
    lines = signed.lines
    key = signed.key
  })
  afterAll(() => rmSync(dir, { recursive: true, force: true }))

  const verify = async (
    content: string | Uint8Array,
    { json = false, ...options }: Partial<Parameters<typeof proofVerify>[0]> & { readonly json?: boolean } = {}
  ) => {
    writeFileSync(file, content)
    const printed = Printer.memory({ json })
    const exit = await Effect.runPromise(
      proofVerify({ file, key, ...options }).pipe(
        Effect.as(null),
        Effect.catch((error) => Effect.succeed(error)),
        Effect.provide(printed.layer)
      )
    )
    return { failed: exit === null ? null : [exit.exitCode, exit.detail], stdout: printed.stdout() }
  }
  const text = (some: ReadonlyArray<string>) => `${some.join("\n")}\n`

  it("counts the proofs of a whole chain and names its head", async () => {
    expect(await verify(text(lines))).toEqual({
      failed: null,
      stdout: expect.stringMatching(/^ok: 12 proofs, head [0-9a-f]{64}\n$/)
    })
    expect((await verify(lines.join("\n"))).failed).toBeNull()
    expect(JSON.parse((await verify(text(lines), { json: true })).stdout)).toMatchObject({ ok: true, proofs: 12 })
  })

  it("names the first bad line and why", async () => {
    const dropped = lines.filter((_, i) => i !== 4)
    const swapped = lines.with(2, lines[3] ?? "").with(3, lines[2] ?? "")
    const edited = lines.with(6, (lines[6] ?? "").replace('"low"', '"medium"'))
    const cases: ReadonlyArray<[ReadonlyArray<string>, RegExp]> = [
      [dropped, /^line 5: wrong_sequence — /],
      [swapped, /^line 3: wrong_sequence — /],
      [edited, /^line 7: bad_signature — /],
      [[...lines, lines[11] ?? ""], /^line 13: wrong_sequence — /],
      [[...lines.slice(0, 2), "", ...lines.slice(2)], /^line 3: not_json — /],
      [lines.map((line) => `${line}\r`), /^line 1: not_canonical — /],
      [[...lines, "x".repeat(100_000)], /^line 13: too_large — /],
      [lines.slice(1), /^line 1: wrong_sequence — /]
    ]
    for (const [bad, reason] of cases) {
      expect((await verify(text(bad))).failed).toEqual([65, expect.stringMatching(reason)])
    }
  })

  it("says on which line the JSON answer's fault is", async () => {
    const { failed, stdout } = await verify(text(lines.slice(1)), { json: true })
    expect(failed?.[0]).toBe(65)
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, line: 1, code: "wrong_sequence" })
  })

  it("refuses bytes that are not UTF-8 where they are", async () => {
    const bytes = Buffer.concat([Buffer.from(text(lines)), Buffer.from([0x7b, 0xff, 0x7d])])
    expect((await verify(bytes)).failed).toEqual([65, expect.stringMatching(/^line 13: not_utf8 — /)])
  })

  it("refuses a chain under another key, and a key that is none", async () => {
    expect((await verify(text(lines), { key: "11".repeat(32) })).failed?.[0]).toBe(65)
    for (const bad of ["", "zz", key.toUpperCase(), `${key}00`]) {
      expect((await verify(text(lines), { key: bad })).failed?.[0]).toBe(64)
    }
  })

  it("refuses an empty file: a chain without proofs shows nothing", async () => {
    expect(await verify("")).toEqual({
      failed: [65, expect.stringMatching(/^empty_file — the file is empty\./)],
      stdout: ""
    })
  })

  it("refuses a pipe and a folder at once, and says how to give what a pipe gives", async () => {
    const pipe = join(dir, "pipe")
    execFileSync("mkfifo", [pipe])
    for (const path of [pipe, dir]) {
      for (const options of [
        { file: path, key },
        { file, key, trackerKey: key, trackerRotations: path }
      ]) {
        const printed = Printer.memory({ json: false })
        const failed = await Effect.runPromise(Effect.flip(Effect.provide(proofVerify(options), printed.layer)))
        expect(failed).toMatchObject({ code: "not_a_file", exitCode: 64, cure: expect.stringContaining("-") })
      }
    }
  })

  it("follows the tracker's key over the rotations that are given, and says which of them does not hold", async () => {
    const path = new URL("../../../conformance/bundle/v1/valid/between-two-rotations.json", import.meta.url)
    const bundle: { bundle: string; tracker_key: string; rotations: ReadonlyArray<string> } = JSON.parse(
      readFileSync(path, "utf8")
    )
    const row = join(dir, "rotations")
    const under = (
      rotations: ReadonlyArray<string> | string,
      options: Partial<Parameters<typeof proofVerify>[0]> = {}
    ) => {
      writeFileSync(row, typeof rotations === "string" ? rotations : rotations.map((line) => `${line}\n`).join(""))
      return verify(bundle.bundle, {
        key: undefined,
        trackerKey: bundle.tracker_key,
        trackerRotations: row,
        ...options
      })
    }
    expect((await under(bundle.rotations)).failed).toBeNull()
    // It was signed after the first rotation, which is what the known key alone does not tell.
    expect((await under([], { trackerRotations: undefined })).failed).toEqual([65, expect.stringMatching(/^unsigned /)])
    expect((await under(bundle.rotations.slice(1))).failed).toEqual([65, expect.stringContaining("unknown_key")])
    const forged = bundle.rotations.map((line) => line.replace("09:30:00", "09:30:01"))
    expect((await under(forged)).failed).toEqual([65, expect.stringContaining("line 1: bad_signature")])
    expect((await under([])).failed).toEqual([65, expect.stringContaining("line 1: bad_rotation")])
    expect((await under("x".repeat(1024 * 1024 + 1))).failed).toEqual([65, expect.stringContaining("has more than")])
    const alone = await under(bundle.rotations, { trackerKey: undefined })
    expect(alone.failed).toEqual([64, expect.stringContaining("one key of the tracker that you know")])
    expect((await under([], { trackerRotations: join(dir, "none") })).failed?.[0]).toBe(74)
  })

  it("names a file that is not there", async () => {
    const printed = Printer.memory({ json: false })
    const missing = proofVerify({ file: join(dir, "missing"), key }).pipe(Effect.flip, Effect.provide(printed.layer))
    expect(await Effect.runPromise(missing)).toMatchObject({ code: "unreadable", exitCode: 74 })
  })

  it("reads lines that lie across the pieces in which a file is read", async () => {
    const { lines: many, key: theirs } = await Effect.runPromise(signChain(400))
    writeFileSync(file, "")
    for (const line of many) appendFileSync(file, `${line}\n`)
    const printed = Printer.memory({ json: false })
    await Effect.runPromise(Effect.provide(proofVerify({ file, key: theirs }), printed.layer))
    expect(printed.stdout()).toMatch(/^ok: 400 proofs/)
  })
})
