import { assert, describe, it } from "@effect/vitest"
import { checkLinks } from "./checkLinks.ts"

const files: Record<string, string> = {
  "docs/a.md": "",
  docs: "",
  "src/x.test.ts": 'it("refuses a gap", () => {})'
}
const faultsOf = (document: string) => checkLinks("docs/page.md", document, (path) => files[path] ?? null).faults

describe("checkLinks", () => {
  it("follows relative links, with and without a place in the page, and leaves others alone", () => {
    assert.deepStrictEqual(faultsOf("[a](a.md) [b](./a.md#part) [c](https://example.org) [d](#here) [e](../docs)"), [])
    assert.deepStrictEqual(faultsOf("[a](b.md)"), ["b.md leads nowhere"])
  })

  it("wants a link to a test to quote a title of that test", () => {
    assert.deepStrictEqual(faultsOf("[refuses a gap](../src/x.test.ts)"), [])
    assert.deepStrictEqual(faultsOf("[accepts a gap](../src/x.test.ts)"), ['src/x.test.ts has no test "accepts a gap"'])
  })

  it("takes code for code", () => {
    assert.deepStrictEqual(faultsOf("`[a](b.md)`\n\n```\n[a](b.md)\n```\n"), [])
  })
})
