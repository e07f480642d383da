/** Words that call for a label whose name is known to most projects: a beginning for an owner who has written none. Pure. */

const known: ReadonlyArray<readonly [RegExp, ReadonlyArray<string>]> = [
  [/bug|defect/, ["crash", "crashes", "exception", "error", "does not work", "broken", "regression", "stack trace"]],
  [/question|support|help/, ["how do I", "how to", "how can I", "is it possible", "what is the"]],
  [/enhancement|feature|proposal/, ["feature request", "it would be nice", "please add", "support for", "suggestion"]],
  [/doc/, ["documentation", "docs", "readme", "typo"]],
  [/perf/, ["slow", "performance", "memory leak", "takes too long"]]
]

/** Labels that a person puts on after thinking: no words of an issue call for them. */
const never = /good first|help wanted|wontfix|won't|duplicate|invalid|stale|priority|p[0-4]\b|status|needs/

/** None where the name says nothing. Case and a prefix such as `kind/` do not matter. */
export const wordsForLabel = (label: string): ReadonlyArray<string> => {
  const name = label.toLowerCase()
  if (never.test(name)) return []
  return known.find(([pattern]) => pattern.test(name))?.[1] ?? []
}
