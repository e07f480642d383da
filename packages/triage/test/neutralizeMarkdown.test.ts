import { describe, expect, it } from "@effect/vitest"
import { postedComment } from "../src/neutralize/postedComment.ts"
import { faultsOfHtml, isParserInstalled, makeParse, sampleMarker } from "./gfmParser.ts"
import { randomMarkdown } from "./markdownPieces.ts"

describe.skipIf(!isParserInstalled)("a posted comment under a parser of GitHub's Markdown", () => {
  it("holds no link, no picture and no mention, and its footer and its hidden mark stand outside of everything", () => {
    const parse = makeParse()
    for (const text of randomMarkdown(1_500, 2)) {
      const posted = postedComment(text, ["docs.example.org"])
      if (posted === null) continue
      expect(faultsOfHtml(parse(`${posted}\n\n${sampleMarker}`)), JSON.stringify(text)).toEqual([])
    }
  })

  it("would be found out if it were posted as it came", () => {
    const parse = makeParse()
    const found = [...randomMarkdown(300, 2)].filter(
      (text) => faultsOfHtml(parse(`${text}\n\n${sampleMarker}`)).length > 1
    )
    expect(found.length).toBeGreaterThan(50)
  })
})
