/**
 * The page at a tracker's `/verify`: the very file that `@farmops/proof` publishes, so that what a tracker serves can be
 * compared with what people have on disk. It needs nothing of the tracker.
 */
import { existsSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { Effect, Schema } from "effect"

/** The installation lacks the page. Nothing but installing again helps. */
export class VerifierPageMissing extends Schema.TaggedError<VerifierPageMissing>()("VerifierPageMissing", {
  cause: Schema.Defect()
}) {}

/** A bundled host carries the page beside it; elsewhere it lies in the package. */
const locate = (): URL => {
  const beside = new URL("./verifier.html", import.meta.url)
  return existsSync(beside) ? beside : new URL(import.meta.resolve("@farmops/proof/verifier/index.html"))
}

/** The policy that the page names itself, and one rule that only a header can set: no other page may frame it. */
const policyOf = (html: string): string => {
  const own = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(html)?.[1] ?? "default-src 'none'"
  return `${own}; frame-ancestors 'none'`
}

/** The page's bytes and the Content-Security-Policy to send with them. Reads the file: keep the result. */
export const readVerifierPage = Effect.tryPromise({
  try: async () => {
    const html = await readFile(locate(), "utf8")
    return { html, csp: policyOf(html) }
  },
  catch: (cause) => new VerifierPageMissing({ cause })
})
