/** HTML tags without their attributes, which nobody sees; a picture is only said to be one. Pure, and in time with the text's length. */

const tagStart = /<(\/?[a-z][a-z0-9-]{0,30})(?=[\s/>])/gi

// A longer tag is none, so that every start costs no more than this.
const tagCharactersMax = 1_000

/** Where the tag ends whose name ends at `start`; a `>` in quotes is none. Null where it does not end. */
const tagEnd = (text: string, start: number): number | null => {
  if (text.indexOf(">", start) === -1) return null
  let quote = ""
  const last = Math.min(text.length, start + tagCharactersMax)
  for (let at = start; at < last; at++) {
    const character = text.charAt(at)
    if (quote !== "") {
      if (character === quote) quote = ""
    } else if (character === ">") return at + 1
    else if (character === '"' || character === "'") quote = character
  }
  return null
}

/** `<a title="…">` becomes `<a>`, and `<img …>` becomes `[image]`. */
export const plainTags = (text: string): string => {
  let plain = ""
  let done = 0
  for (const match of text.matchAll(tagStart)) {
    const { index } = match
    const [start, name = ""] = match
    if (index < done) continue
    const end = tagEnd(text, index + start.length)
    if (end === null) continue
    plain += text.slice(done, index) + (name.toLowerCase() === "img" ? "[image]" : `<${name}>`)
    done = end
  }
  return plain + text.slice(done)
}
