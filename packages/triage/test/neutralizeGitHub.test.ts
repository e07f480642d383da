/** What is posted, under GitHub's own parser: `apt-get install cmark-gfm`. */
import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { describe, expect, it } from "@effect/vitest"
import { postedComment } from "../src/neutralize/postedComment.ts"
import { faultsOfHtml, sampleMarker } from "./gfmParser.ts"
import { attempts, textsOf } from "./injectionCorpus.ts"
import { randomMarkdown } from "./markdownPieces.ts"

const program = "/usr/bin/cmark-gfm"
const isInstalled = existsSync(program)
if (!isInstalled) console.warn("skipped: GitHub's parser of Markdown, which `apt-get install cmark-gfm` installs")

const extensions = ["autolink", "table", "strikethrough", "tasklist", "footnotes"].flatMap((name) => ["-e", name])

const faultsOf = (text: string): ReadonlyArray<string> => {
  const { stdout } = spawnSync(program, [...extensions, "--unsafe"], {
    input: `${text}\n\n${sampleMarker}`,
    encoding: "utf8"
  })
  return faultsOfHtml(stdout.trim())
}

const hosts = ["docs.example.org"]

describe.skipIf(!isInstalled)("a posted comment under GitHub's own parser", () => {
  it("holds nothing dangerous, whatever it was made of", () => {
    for (const text of randomMarkdown(400, 3)) {
      const posted = postedComment(text, hosts)
      if (posted !== null) expect(faultsOf(posted), JSON.stringify(text)).toEqual([])
    }
  })

  it("holds nothing dangerous of what strangers have tried", () => {
    for (const attempt of attempts) {
      const posted = postedComment(textsOf(attempt).join("\n\n"), hosts)
      if (posted !== null) expect(faultsOf(posted), attempt.name).toEqual([])
    }
  })

  it("would be found out if it were posted as it came", () => {
    expect(attempts.filter((attempt) => faultsOf(attempt.body).length > 2).length).toBeGreaterThan(10)
  })
})
