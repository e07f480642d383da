/** The comment as people see it: what the mind wrote, made harmless, and who wrote it and how to stop it. Pure. */
import { neutralizeComment } from "./neutralizeComment.ts"

/** Under every comment: that a machine wrote it, and how anybody vetoes it. */
export const commentFooter = [
  "---",
  "<sub>This comment was written automatically and may be wrong. A 👎 on it or a reply by a person stops what it announces,",
  "and a maintainer will look.</sub>"
].join("\n")

/** Null where nothing is left to say. The hidden mark of the action comes after this, from who posts it. */
export const postedComment = (text: string, linkHosts: ReadonlyArray<string> = []): string | null => {
  const said = text.endsWith(commentFooter) ? text.slice(0, -commentFooter.length) : text
  const body = neutralizeComment(said, linkHosts)
  return body === "" ? null : `${body}\n\n${commentFooter}`
}
