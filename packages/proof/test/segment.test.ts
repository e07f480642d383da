import { assert, describe, it } from "@effect/vitest"
import { agent, nextKey } from "../../../conformance/proof/sampleProofs.ts"
import type { AuditVerdict } from "../src/AuditPool.ts"
import { type Boundary, makeSegmentCutter, verifySegment } from "../src/internal/segment.ts"
import { makeStitcher } from "../src/internal/stitcher.ts"
import { nodeBackend } from "../src/NodeBackend.ts"
import { recordBytesMax } from "../src/proofForm.ts"
import { type ChainVerdict, verifyChain } from "../src/verify.ts"
import { anchor, chainWith, damages, goodChains, misdeeds } from "./sampleChains.ts"

const core = (verdict: AuditVerdict | ChainVerdict) =>
  verdict.ok
    ? { ok: true, count: verdict.count, head: verdict.head, epochs: verdict.epochs }
    : { ok: false, count: verdict.count, line: verdict.line, fault: verdict.fault }

const beginning: Boundary = { head: null, agentId: null, epochs: [{ firstSequence: 0, publicKey: agent.publicKey }] }

/** As the pool does it, without its threads: cut, verify each piece by itself, stitch, and walk what does not fit. */
const inPieces = (lines: ReadonlyArray<string | Uint8Array>, size: number, from = beginning) => {
  const cutter = makeSegmentCutter(from, anchor.recoveryKey, nodeBackend)
  const stitcher = makeStitcher(from, anchor.recoveryKey, nodeBackend)
  let stitched = 0
  for (let at = 0; at < lines.length; at += size) {
    const group = lines.slice(at, at + size)
    const { end, segment } = cutter.cut(group)
    const piece = { start: segment.start, end, count: group.length }
    if (stitcher.stitch(piece, verifySegment(segment, nodeBackend))) stitched++
    else if (group.some((line) => stitcher.walk(line) !== null)) break
  }
  return { verdict: stitcher.verdict(), stitched }
}

const utf8 = new TextEncoder()
const length = 12
const turned = chainWith(length, [{ at: 5, to: nextKey }])

describe("a chain in pieces", () => {
  it.each(Object.entries(goodChains(length)))("%s is stitched together whole, however it is cut", (_, lines) => {
    const expected = core(verifyChain(lines, anchor, nodeBackend))
    assert.isTrue(expected.ok)
    for (const size of [1, 2, 3, 4, 5, length]) {
      for (const given of [lines, lines.map((line) => utf8.encode(line))]) {
        const { stitched, verdict } = inPieces(given, size)
        assert.deepStrictEqual(core(verdict), expected)
        assert.strictEqual(stitched, Math.ceil(length / size))
      }
    }
  })

  it("is taken up after any of its records", () => {
    for (let at = 1; at < length; at++) {
      const start = verifyChain(turned.slice(0, at), anchor, nodeBackend)
      if (!start.ok) return assert.fail()
      const from: Boundary = { head: start.head, agentId: null, epochs: start.epochs }
      const { stitched, verdict } = inPieces(turned.slice(at), 2, from)
      const whole = verifyChain(turned, anchor, nodeBackend)
      assert.deepInclude(core(verdict), { ok: true, count: length - at, head: whole.ok ? whole.head : null })
      assert.isAbove(stitched, 0)
    }
  })

  it.each(Object.entries(damages))("is refused for the reason and at the line of one walk with %s", (name, damage) => {
    for (const at of [0, 1, 3, 4, 5, 6, 10]) {
      const lines = damage(turned, at)
      const expected = core(verifyChain(lines, anchor, nodeBackend))
      assert.isFalse(expected.ok, `${name} at ${at}`)
      for (const given of [lines, lines.map((line) => utf8.encode(line))]) {
        assert.deepStrictEqual(core(inPieces(given, 4).verdict), expected, `${name} at ${at}`)
      }
    }
  })

  it.each(Object.entries(misdeeds))(
    "is refused for the reason and at the line of one walk with %s",
    (name, misdeed) => {
      for (const at of [3, 4, 7, 9]) {
        const lines = misdeed(length, at)
        const expected = core(verifyChain(lines, anchor, nodeBackend))
        assert.isFalse(expected.ok)
        assert.deepStrictEqual(core(inPieces(lines, 4).verdict), expected, `${name} at ${at}`)
      }
    }
  )

  it("has a record of the greatest length, and none that is longer or no text", () => {
    const wide = (bytes: number) =>
      chainWith(length, [], (record, at) =>
        at === 6 ? { ...record, action: { ...(record.action as object), description: "x".repeat(bytes) } } : record
      )
    const room = recordBytesMax - (wide(0)[6]?.length ?? 0)
    for (const lines of [wide(room), wide(room + 1), turned.with(6, "\ud800"), turned.with(7, "é".repeat(5000))]) {
      assert.deepStrictEqual(core(inPieces(lines, 4).verdict), core(verifyChain(lines, anchor, nodeBackend)))
    }
  })
})

describe("stitching", () => {
  const start = { head: null, agentId: null, epochs: [{ firstSequence: 0, publicKey: agent.publicKey }] }
  const cutter = makeSegmentCutter(start, anchor.recoveryKey, nodeBackend)
  const pieces = [0, 4, 8].map((at) => {
    const lines = chainWith(12, [{ at: 3, to: nextKey }]).slice(at, at + 4)
    const { end, segment } = cutter.cut(lines)
    return { lines, piece: { start: segment.start, end, count: 4 }, verdict: verifySegment(segment, nodeBackend) }
  })
  const [first, second, third] = pieces
  type Piece = NonNullable<typeof first>
  const stitched = (...given: ReadonlyArray<Piece | undefined>) => {
    const stitcher = makeStitcher(start, anchor.recoveryKey, nodeBackend)
    return given.map((one) => one !== undefined && stitcher.stitch(one.piece, one.verdict))
  }
  const changed = (one: Piece | undefined, change: (verdict: Extract<Piece["verdict"], { ok: true }>) => object) =>
    one?.verdict.ok ? { ...one, verdict: { ...one.verdict, ...change(one.verdict) } } : undefined

  it("takes the pieces in order, each once", () => {
    assert.deepStrictEqual(stitched(first, second, third), [true, true, true])
    assert.deepStrictEqual(stitched(second), [false])
    assert.deepStrictEqual(stitched(first, third), [true, false])
    assert.deepStrictEqual(stitched(first, first), [true, false])
  })

  it("takes no piece whose end is not the start of the next, in whatever it differs", () => {
    const other = "0".repeat(64)
    const ends: ReadonlyArray<(end: Piece["piece"]["end"]) => object> = [
      ({ head }) => ({ head: { ...head, hash: other } }),
      ({ head }) => ({ head: { ...head, sequence: 4 } }),
      ({ head }) => ({ head: { ...head, proofId: "019400d5-8b0a-7c3e-9f21-ffffffffffff" } }),
      () => ({ head: null }),
      () => ({ agentId: "00000000-6a52-4a6e-8d0e-3f6d2a9c5b17" }),
      ({ epochs }) => ({ epochs: epochs.slice(1) }),
      ({ epochs }) => ({ epochs: [...epochs, ...epochs] }),
      ({ epochs }) => ({ epochs: epochs.map((epoch) => ({ ...epoch, publicKey: other })) }),
      ({ epochs }) => ({ epochs: epochs.map((epoch) => ({ ...epoch, firstSequence: 9 })) })
    ]
    for (const change of ends) {
      const wrong = changed(first, ({ end }) => ({ end: { ...end, ...change(end) } }))
      assert.deepStrictEqual(stitched(wrong, second), [false, false], String(change))
      if (first === undefined || second === undefined) continue
      const misread = {
        ...second,
        piece: { ...second.piece, start: { ...second.piece.start, ...change(second.piece.start) } }
      }
      assert.deepStrictEqual(stitched(first, misread), [true, false], String(change))
    }
  })

  it("takes no piece that counts wrongly or has an id from before", () => {
    assert.deepStrictEqual(stitched(changed(first, () => ({ count: 3 }))), [false])
    assert.deepStrictEqual(stitched(changed(first, ({ ids }) => ({ ids: ids.slice(16) }))), [false])
    const ids = first?.verdict.ok ? first.verdict.ids : new Uint8Array()
    assert.deepStrictEqual(
      stitched(
        first,
        changed(second, (verdict) => ({ ids: new Uint8Array([...verdict.ids.slice(0, 48), ...ids.slice(0, 16)]) }))
      ),
      [true, false]
    )
  })

  it("walks on from the last good piece, and stitches nothing behind that", () => {
    const stitcher = makeStitcher(start, anchor.recoveryKey, nodeBackend)
    if (first === undefined || second === undefined || third === undefined) return assert.fail()
    assert.isTrue(stitcher.stitch(first.piece, first.verdict))
    assert.isFalse(stitcher.stitch(second.piece, { ok: false }))
    for (const line of second.lines) assert.isNull(stitcher.walk(line))
    assert.isFalse(stitcher.stitch(second.piece, second.verdict))
    assert.isFalse(stitcher.stitch(third.piece, third.verdict))
    for (const line of third.lines) assert.isNull(stitcher.walk(line))
    const lines = pieces.flatMap((piece) => piece.lines)
    assert.deepStrictEqual(core(stitcher.verdict()), core(verifyChain(lines, anchor, nodeBackend)))
  })
})
