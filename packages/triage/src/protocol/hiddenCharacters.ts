/** Characters that a reader does not see and a machine does: they hide words in a text, or turn its order around. Pure. */

/**
 * Controls but tab and line feed, formats (zero width, bidi, tags, soft hyphen), private use, lone surrogates, variation selectors,
 * and letters that are drawn as nothing.
 */
export const hiddenCharacters = /(?![\t\n])\p{Cc}|[\p{Cf}\p{Co}\p{Cs}\p{Default_Ignorable_Code_Point}\u2800]/gu

// A pile of marks on one letter runs over the lines around it.
const markPile = /(\p{M}{4})\p{M}+/gu

/** The text as it is seen: one kind of line end, and nothing hidden. */
export const withoutHidden = (text: string): string =>
  text
    .replace(/\r\n?|[\u0085\u2028\u2029]/g, "\n")
    .replace(hiddenCharacters, "")
    .replace(markPile, "$1")
