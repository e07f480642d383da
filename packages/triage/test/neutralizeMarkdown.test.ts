/** What is posted, under a real parser of GitHub's Markdown that is installed apart: `npm ci --prefix tests/parts/markdown`. */
import { existsSync } from "node:fs"
import { createRequire } from "node:module"
import { describe, expect, it } from "@effect/vitest"
import { postedComment } from "../src/neutralize/postedComment.ts"
import { randomMarkdown } from "./markdownPieces.ts"

const part = new URL("../../../tests/parts/markdown/package.json", import.meta.url)
const isInstalled = existsSync(new URL("node_modules/micromark", part))
if (!isInstalled) console.warn("skipped: the Markdown parser, which `npm ci --prefix tests/parts/markdown` installs")

interface Parser {
  readonly micromark: (text: string, options: object) => string
}

interface Extension {
  readonly gfm: () => object
  readonly gfmHtml: () => object
}

const makeParse = () => {
  const load = createRequire(part)
  const { micromark }: Parser = load("micromark")
  const { gfm, gfmHtml }: Extension = load("micromark-extension-gfm")
  return (text: string): string =>
    micromark(text, { allowDangerousHtml: true, extensions: [gfm()], htmlExtensions: [gfmHtml()] })
}

const marker = "<!-- farmops:v0 key=0 -->"

const allowed = /^<a href="https:\/\/docs\.example\.org\/?[^"@]*">$|^<input type="checkbox"/

/** What a parser makes of a posted comment that it should not. */
const faultsOf = (html: string): ReadonlyArray<string> => {
  const tags = [...html.matchAll(/<(?:a|img|sup|section|input|script|iframe)\b[^>]*>/g)].map(([tag]) => tag)
  const words = html.replace(marker, "")
  return [
    ...tags.filter((tag) => !allowed.test(tag)),
    ...(/@|<!--/.test(words) ? ["a mention or a mark"] : []),
    ...(/<hr \/>\n<p><sub>This comment was written automatically/.test(html) ? [] : ["a swallowed footer"]),
    ...(html.endsWith(marker) ? [] : ["a swallowed mark"])
  ]
}

describe.skipIf(!isInstalled)("a posted comment under a parser of GitHub's Markdown", () => {
  it("holds no link, no picture and no mention, and its footer and its hidden mark stand outside of everything", () => {
    const parse = makeParse()
    for (const text of randomMarkdown(1_500, 2)) {
      const posted = postedComment(text, ["docs.example.org"])
      if (posted === null) continue
      expect(faultsOf(parse(`${posted}\n\n${marker}`)), JSON.stringify(text)).toEqual([])
    }
  })

  it("would be found out if it were posted as it came", () => {
    const parse = makeParse()
    const found = [...randomMarkdown(300, 2)].filter((text) => faultsOf(parse(`${text}\n\n${marker}`)).length > 1)
    expect(found.length).toBeGreaterThan(50)
  })
})
