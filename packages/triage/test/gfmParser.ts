/** A parser of GitHub's Markdown that is installed apart (`npm ci --prefix tests/parts/markdown`), and what it must not find. */
import { existsSync } from "node:fs"
import { createRequire } from "node:module"

const part = new URL("../../../tests/parts/markdown/package.json", import.meta.url)

/** Without it tests of the parser's are skipped, and say so. */
export const isParserInstalled = existsSync(new URL("node_modules/micromark", part))
if (!isParserInstalled)
  console.warn("skipped: the Markdown parser, which `npm ci --prefix tests/parts/markdown` installs")

interface Parser {
  readonly micromark: (text: string, options: object) => string
}

interface Extension {
  readonly gfm: () => object
  readonly gfmHtml: () => object
}

/** Markdown to HTML, raw HTML left as it is. */
export const makeParse = (): ((text: string) => string) => {
  const load = createRequire(part)
  const { micromark }: Parser = load("micromark")
  const { gfm, gfmHtml }: Extension = load("micromark-extension-gfm")
  return (text) => micromark(text, { allowDangerousHtml: true, extensions: [gfm()], htmlExtensions: [gfmHtml()] })
}

/** Stands for the mark that the harness puts below a comment. */
export const sampleMarker = "<!-- farmops:v0 key=0 -->"

const allowed = /^<a href="https:\/\/docs\.example\.org\/?[^"@]*">$|^<input type="checkbox"/

/** What a parser makes of a posted comment, with {@link sampleMarker} below it, that it should not. */
export const faultsOfHtml = (html: string): ReadonlyArray<string> => {
  const tags = [...html.matchAll(/<(?:a|img|sup|section|input|script|iframe)\b[^>]*>/g)].map(([tag]) => tag)
  return [
    ...tags.filter((tag) => !allowed.test(tag)),
    ...(/@|<!--/.test(html.replace(sampleMarker, "")) ? ["a mention or a mark"] : []),
    ...(/<hr \/>\n<p><sub>This comment was written automatically/.test(html) ? [] : ["a swallowed footer"]),
    ...(html.endsWith(sampleMarker) ? [] : ["a swallowed mark"])
  ]
}
