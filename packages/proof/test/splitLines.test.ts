import { describe, expect, it } from "vitest"
import { makeLineSplitter } from "../src/internal/file/splitLines.ts"

const utf8 = new TextEncoder()
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

/** The lines of a text that comes in pieces of one size, and what is left. */
const split = (whole: string, pieceBytes: number, lineBytesMax = 100) => {
  const lines = makeLineSplitter(lineBytesMax)
  const bytes = utf8.encode(whole)
  const found: Array<string> = []
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    found.push(...lines.push(bytes.subarray(at, at + pieceBytes)).map(text))
  }
  const rest = lines.rest()
  return [...found, ...(rest === null ? [] : [text(rest)])]
}

describe("the line splitter", () => {
  it("gives the lines between line feeds, wherever the pieces end", () => {
    for (const size of [1, 2, 3, 5, 1000]) {
      expect(split("one\ntwo\n\nthree\n", size)).toEqual(["one", "two", "", "three"])
      expect(split("one\ntwo", size)).toEqual(["one", "two"])
      expect(split("", size)).toEqual([])
    }
  })

  it("ends a line at a line feed and at nothing else", () => {
    expect(split("a\r\nb\u2028c\u0085d\n", 4)).toEqual(["a\r", "b\u2028c\u0085d"])
  })

  it("cuts a line at its limit, drops the rest of it and finds the next", () => {
    for (const size of [1, 7, 50, 1000])
      expect(split(`${"x".repeat(500)}\nnext`, size, 10)).toEqual(["x".repeat(10), "next"])
  })

  it("never holds more than one line's limit", () => {
    const lines = makeLineSplitter(10)
    for (let times = 0; times < 1000; times++) lines.push(utf8.encode("y".repeat(999)))
    expect(lines.rest()?.length).toBe(10)
  })
})
