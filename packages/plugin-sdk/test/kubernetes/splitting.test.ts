import { assert, describe, it } from "@effect/vitest"
import { makeLineSplitter, PieceTooLarge } from "../../src/sources/kubernetes/splitLines.ts"
import { makeListSplitter } from "../../src/sources/kubernetes/splitList.ts"
import { customList, firstPage, lastPage } from "./recordedAnswers.ts"

const chunksOf = (text: string, bytes: number): ReadonlyArray<Buffer> => {
  const whole = Buffer.from(text)
  return Array.from({ length: Math.ceil(whole.length / bytes) }, (_, at) =>
    whole.subarray(at * bytes, (at + 1) * bytes)
  )
}

// Every place of a short text may be where one chunk ends and the next begins.
const sizes = [1, 2, 3, 7, 64, 1_000_000]

describe("a watch cut into lines", () => {
  it("gives the same lines however the bytes arrive", () => {
    const lines = ['{"a":"ü€😀"}', '{"b":"\\n"}', "third"]
    for (const size of sizes) {
      const split = makeLineSplitter(100)
      const found = chunksOf(`${lines.join("\n\n")}\n`, size).flatMap(split)
      assert.deepStrictEqual(found, lines)
    }
  })

  it("keeps what is no whole line yet", () => {
    const split = makeLineSplitter(100)
    assert.deepStrictEqual(split(Buffer.from("half")), [])
    assert.deepStrictEqual(split(Buffer.from(" a line\nnext")), ["half a line"])
  })

  it("refuses a line that is longer than it may be, however it arrives", () => {
    for (const size of sizes) {
      const split = makeLineSplitter(10)
      assert.throws(() => chunksOf("x".repeat(11), size).flatMap(split), PieceTooLarge)
      assert.deepStrictEqual(makeLineSplitter(10)(Buffer.from(`${"x".repeat(10)}\n`)), ["x".repeat(10)])
    }
  })
})

describe("a list cut into its objects", () => {
  const tricky = {
    metadata: { resourceVersion: "1", labels: { items: "[{", quote: '"}]\\' } },
    items: [
      { metadata: { name: "items", annotations: { a: '}{][",\\"' } }, spec: { items: [{ items: [] }, [], "x"] } },
      {},
      { text: "ü€😀", nested: [[[{}]]] }
    ]
  }

  it.each([
    ["a page", firstPage],
    ["the last page", lastPage],
    ["a custom resource's list", customList],
    ["brackets and quotes in strings", tricky],
    ["nothing", { metadata: { resourceVersion: "3" }, items: [] }],
    ["null, as Go writes it", { metadata: { resourceVersion: "3" }, items: null }]
  ])("gives the objects of %s however the bytes arrive", (_, list: { items: ReadonlyArray<unknown> | null }) => {
    for (const spaces of [0, 2]) {
      for (const size of sizes) {
        const splitter = makeListSplitter(10_000)
        const found = chunksOf(JSON.stringify(list, null, spaces), size).flatMap(splitter.push)
        assert.deepStrictEqual(
          found.map((text): unknown => JSON.parse(text)),
          list.items ?? []
        )
        assert.isNotNull(splitter.end())
      }
    }
  })

  it("reads the version and where the next page begins", () => {
    const endOf = (list: unknown) => {
      const splitter = makeListSplitter(10_000)
      splitter.push(Buffer.from(JSON.stringify(list)))
      return splitter.end()
    }
    assert.deepStrictEqual(endOf(firstPage), { resourceVersion: "205", next: firstPage.metadata.continue })
    assert.deepStrictEqual(endOf(lastPage), { resourceVersion: "205", next: null })
    assert.deepStrictEqual(endOf(customList), { resourceVersion: "9", next: null })
    assert.isNull(endOf({ items: [] }))
    assert.isNull(endOf("a string"))
  })

  it("knows a list that was cut short", () => {
    const splitter = makeListSplitter(10_000)
    splitter.push(Buffer.from(JSON.stringify(firstPage).slice(0, -1)))
    assert.isNull(splitter.end())
  })

  it("refuses an object that is larger than it may be, and too much around the objects", () => {
    for (const size of sizes) {
      const large = JSON.stringify({ items: [{ name: "x".repeat(100) }] })
      assert.throws(() => chunksOf(large, size).flatMap(makeListSplitter(50).push), PieceTooLarge)
    }
    const padded = Buffer.from(JSON.stringify({ metadata: { note: "x".repeat(70_000) } }))
    assert.throws(() => makeListSplitter(50).push(padded), PieceTooLarge)
  })
})
