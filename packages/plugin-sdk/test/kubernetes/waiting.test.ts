import { assert, describe, it } from "@effect/vitest"
import { makePendingSubjects } from "../../src/sources/kubernetes/pendingSubjects.ts"

describe("subjects that wait", () => {
  const always = () => true
  const newest = (_: string, came: string) => came

  it("are due once they have been quiet, with the newest value", () => {
    const pending = makePendingSubjects<string>({ quietMs: 2_000, waitMsMax: 30_000 })
    pending.add("a", "one", 0, newest)
    pending.add("a", "two", 1_500, newest)
    assert.deepStrictEqual(pending.take(3_499, always), [])
    assert.strictEqual(pending.nextMs(always), 3_500)
    assert.deepStrictEqual(pending.take(3_500, always), ["two"])
    assert.isNull(pending.nextMs(always))
  })

  it("are due in the end, however busy they are", () => {
    const pending = makePendingSubjects<string>({ quietMs: 2_000, waitMsMax: 30_000 })
    for (let at = 0; at < 60_000; at += 1_000) {
      pending.add("a", String(at), at, newest)
      if (pending.take(at, always).length > 0) return assert.strictEqual(at, 30_000)
    }
    assert.fail("it starved")
  })

  it("are one entry each, however much changes", () => {
    const pending = makePendingSubjects<string>({ quietMs: 2_000, waitMsMax: 30_000 })
    for (let at = 0; at < 10_000; at++) pending.add(`subject ${at % 10}`, String(at), at, newest)
    assert.strictEqual(pending.size(), 10)
  })

  it("are forgotten where what came undoes what waited", () => {
    const pending = makePendingSubjects<string>({ quietMs: 2_000, waitMsMax: 30_000 })
    pending.add("a", "added", 0, newest)
    pending.add("a", "deleted", 1, () => null)
    assert.strictEqual(pending.size(), 0)
  })

  it("wait for as long as they are held back", () => {
    const pending = makePendingSubjects<string>({ quietMs: 2_000, waitMsMax: 30_000 })
    pending.add("a", "held", 0, newest)
    pending.add("b", "free", 1, newest)
    const isFree = (value: string) => value === "free"
    assert.strictEqual(pending.nextMs(isFree), 2_001)
    assert.deepStrictEqual(pending.take(60_000, isFree), ["free"])
    assert.deepStrictEqual(pending.take(60_000, always), ["held"])
  })
})
