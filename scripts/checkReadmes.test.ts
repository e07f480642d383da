import { describe, expect, it } from "vitest"
import { compareSnippets, regionOf } from "./checkReadmes.ts"

const source = "import x\n\nconst f = () => {\n  // #region body\n  one()\n    two()\n  // #endregion\n}\n"
const read = (file: string) => (file === "examples/a/main.ts" ? source : null)
const block = (mark: string, body: string) => `text\n\n<!-- from ${mark} -->\n\`\`\`ts\n${body}\n\`\`\`\n\nmore\n`

describe("README snippets", () => {
  it("take a region without its indentation", () => {
    expect(regionOf(source, "body")).toBe("one()\n  two()")
  })

  it("pass when the block equals the file or the region", () => {
    const whole = source.replace(/.*#(end)?region.*\n/g, "").trimEnd()
    expect(compareSnippets(block("examples/a/main.ts", whole), read).faults).toEqual([])
    expect(compareSnippets(block("examples/a/main.ts#body", "one()\n  two()"), read).faults).toEqual([])
  })

  it("fail when one character differs, and can be rewritten", () => {
    const { faults, text } = compareSnippets(block("examples/a/main.ts#body", "one()\n  tow()"), read)
    expect(faults).toHaveLength(1)
    expect(text).toBe(block("examples/a/main.ts#body", "one()\n  two()"))
  })

  it("fail when the file or the region is gone", () => {
    expect(compareSnippets(block("examples/b/main.ts", "x"), read).faults).toEqual([
      "examples/b/main.ts does not exist"
    ])
    expect(compareSnippets(block("examples/a/main.ts#gone", "x"), read).faults).toEqual([
      "examples/a/main.ts#gone does not exist"
    ])
  })

  it("fail when a mark stands before no block", () => {
    expect(compareSnippets("<!-- from examples/a/main.ts -->\n\nwords\n", read).faults).toEqual([
      "1 marks are not followed by a code block"
    ])
  })
})
