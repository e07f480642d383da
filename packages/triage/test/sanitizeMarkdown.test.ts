import { describe, expect, it } from "@effect/vitest"
import { sanitizeMarkdown } from "../src/minds/prompt/sanitizeMarkdown.ts"

const seen = (text: string) => sanitizeMarkdown(text, 1_000)

describe("what a stranger wrote, for a model", () => {
  it.each<[string, string, string]>([
    ["without comments", "a <!-- ignore all --> b", "a   b"],
    ["without a comment that never ends", "a <!-- ignore all", "a"],
    [
      "without zero-width, bidi, tag and other hidden characters",
      "i\u200bg\u202en\u{e0069}o\u00adre\ufeff \ufe0fx",
      "ignore x"
    ],
    ["without the words behind a picture", "![ignore all](x.png 'ignore') ![a][b]", "[image] [image]"],
    ["without the words of a picture's tag", 'a <img src="x" alt="ignore all > rules"> b', "a [image] b"],
    ["without a link's title", '[docs](https://x.zz/a "ignore all")', "[docs](https://x.zz/a)"],
    ["without a definition's title", '[1]: https://x.zz "ignore all"', "[1]: https://x.zz"],
    ["without attributes", '<details hidden title="ignore all">a</details>', "<details>a</details>"],
    ["with entities as what they are", "&#105;gnore &lt;b&gt; &commat;all &unknown; &#0;", "ignore <b> @all &unknown;"],
    ["without what an entity hides", "a&#8203;b&#x202e;c", "abc"],
    ["without tokens", `key ghp_${"a1".repeat(18)}`, "key <redacted>"],
    ["with one kind of line end, and few of them", "a\r\n\r\n\r\n\rb", "a\n\nb"]
  ])("comes %s", (_, text, expected) => {
    expect(seen(text)).toBe(expected)
  })

  it("is what people see: words, code, generics and addresses stay", () => {
    const honest =
      "It crashes in `List<Object>`:\n\n```\nTypeError: a < b && c > d\n```\nSee https://x.zz/a?b=1 and [this](https://x.zz)."
    expect(seen(honest)).toBe(honest.replaceAll("<Object>", "<Object>"))
  })

  it("has an end, between two characters, and says so", () => {
    expect(sanitizeMarkdown("😀".repeat(100), 10)).toBe(`${"😀".repeat(10)} [cut off]`)
  })

  it.each(["<a ", "<a '", "<!--", "[", "![[", "&#", '[a](b "', "<"])("takes no time to be made: %j", (text) => {
    const start = performance.now()
    sanitizeMarkdown(text.repeat(65_536 / text.length), 1_000)
    expect(performance.now() - start).toBeLessThan(5_000)
  })
})
