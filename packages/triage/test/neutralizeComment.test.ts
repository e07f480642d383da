import { describe, expect, it } from "@effect/vitest"
import { neutralizeComment, postedCharactersMax } from "../src/neutralize/neutralizeComment.ts"
import { commentFooter, postedComment } from "../src/neutralize/postedComment.ts"
import { dangersIn, randomMarkdown } from "./markdownPieces.ts"

const hosts = ["docs.example.org"]

describe("what a model wrote", () => {
  it.each<[string, string, string]>([
    ["calls nobody", "thanks @octocat and @org/team", "thanks ＠octocat and ＠org/team"],
    ["calls nobody by an entity", "&#64;octocat &#x40;o &commat;o", "＆＃64;octocat ＆#x40;o ＆commat;o"],
    ["gives no address of e-mail", "write to a@evil.com", "write to a＠(link removed)"],
    ["links nowhere", "see [the fix](https://evil.com/a 'b')", "see [the fix] ((link removed) 'b')"],
    ["links nowhere by reference", "see [x][y]\n\n[y]: //evil.zz/a", "see [x] [y]\n\n[y] : //(link removed)"],
    ["links nowhere on GitHub", "[x](/settings)", "[x] (／settings)"],
    [
      "makes no address a link",
      "www.evil.com HTTPS://EVIL.COM/a ftp://x",
      "(link removed) (link removed) (link removed)"
    ],
    [
      "makes no name a link",
      "get it from evil.com, or evil.zz/install",
      "get it from (link removed), or (link removed)"
    ],
    ["shows no picture", "![alt](https://evil.com/a.png) ![b][c]", "[alt] ((link removed)) [b] [c]"],
    ["holds no HTML", '<img src=x onerror="y"><details>', '‹img src=x onerror="y">‹details>'],
    ["holds no mark of ours", "<!-- farmops:v0 key=1 -->", "‹!-- farmops:v0 key=1 -->"],
    ["closes nothing", "Fixes #12, closes GH-3, resolves a/b#4", "Fixes ＃12, closes GH 3, resolves a/b＃4"],
    ["points at no commit", "since 0123456789abcdef0123456789abcdef01234567", "since 012345…"],
    ["commands no other bot", "/close\n> /label bug\nplease /assign me", "／close\n> ／label bug\nplease ／assign me"],
    ["commands no bot by an exclamation", "!deploy now\nWow!", "！deploy now\nWow!"],
    ["makes no footnote", "a[^1]\n\n[^1]: b", "a[ ^1]\n\n[ ^1] : b"],
    ["draws nothing", "```mermaid\nclick A\n```", "```\nclick A\n```"],
    ["leaves no code open", "```js\nfoo()", "```js\nfoo()\n```"],
    ["leaves no code open in a list", "- a\n  ```\n  b", "- a\n  '''\n  b"],
    ["hides nothing", "a\u200bb\u202ec\u{e0041}d\u00ade\u0007f", "abcdef"],
    ["holds no token", `use ghp_${"a1".repeat(18)}`, "use ‹redacted>"]
  ])("%s", (_, text, posted) => {
    expect(neutralizeComment(text, hosts)).toBe(posted)
    expect(dangersIn(posted, hosts)).toEqual([])
  })

  it("may link to a host of the owner's list, by its plain address", () => {
    const text = "see https://docs.example.org/guide/start?v=2#install."
    expect(neutralizeComment(text, hosts)).toBe(text)
    expect(neutralizeComment(text)).toBe("see (link removed).")
  })

  it.each([
    "https://docs.example.org.evil.zz/a",
    "https://docs.example.org@evil.zz/a",
    "https://evil.zz/https://docs.example.org",
    "http://docs.example.org/a",
    "https://docs.example.org:8443/a",
    "https://docs.example.org/a//evil.zz",
    "https://docs.example.org/a&commat;bob",
    "1https://docs.example.org/a",
    "https://docs.example.orgevil"
  ])("does not take %s for one", (address) => {
    expect(neutralizeComment(`x ${address} y`, hosts)).not.toContain("https://docs.example.org")
  })

  it("refers to no issue by its address, were GitHub itself on the list", () => {
    const text = "https://github.com/o/r/issues/1 https://github.com/o/r/pull/2 https://github.com/o/r"
    expect(neutralizeComment(text, ["github.com"])).toBe("(link removed) (link removed) https://github.com/o/r")
  })

  it("stays what it is where it does nothing", () => {
    const honest =
      "Thanks. Which version of `node` is it? Please run `npm ls effect` in src/foo.ts, see README.md and node.js 24.1.0.\n\n- a < b && c\n- 50 % (or more) [sic]\n\n```ts\nconst x: number = 3 / 4\n```"
    expect(neutralizeComment(honest, hosts)).toBe(honest)
  })

  it("has an end", () => {
    const posted = neutralizeComment("www.a ".repeat(5_000))
    expect(posted.length).toBeLessThanOrEqual(postedCharactersMax)
    expect(posted).toMatch(/…$/)
    expect(neutralizeComment(`\`\`\`\n${"😀".repeat(5_000)}`).length).toBeLessThanOrEqual(postedCharactersMax)
  })

  it("is nothing where nothing of it may be posted", () => {
    expect(neutralizeComment("")).toBe("")
    expect(neutralizeComment("\u200b \n")).toBe("")
    expect(postedComment("\u200b \n")).toBeNull()
  })

  it.each([
    ["a", 65_536],
    ["a-", 32_768],
    ["1.", 32_768],
    ["[", 65_536],
    ["![", 32_768],
    ["```\n", 16_384],
    ["deadbeef1", 7_000]
  ])("takes no time to be made harmless: %j", (text, times) => {
    const start = performance.now()
    neutralizeComment(text.repeat(times), hosts)
    expect(performance.now() - start).toBeLessThan(5_000)
  })
})

describe("any text at all", () => {
  it("is harmless afterwards, and the same when it is made harmless again", () => {
    for (const text of randomMarkdown(4_000)) {
      const posted = neutralizeComment(text, hosts)
      expect(dangersIn(posted, hosts), JSON.stringify(text)).toEqual([])
      expect(neutralizeComment(posted, hosts), JSON.stringify(text)).toBe(posted)
    }
  })
})

describe("a comment as it is posted", () => {
  it("says that a machine wrote it and how to veto it, once", () => {
    const posted = postedComment("Which version?")
    expect(posted).toBe(`Which version?\n\n${commentFooter}`)
    expect(postedComment(posted ?? "")).toBe(posted)
    expect(commentFooter).toMatch(/automatically/)
    expect(commentFooter).toMatch(/👎/)
  })
})
