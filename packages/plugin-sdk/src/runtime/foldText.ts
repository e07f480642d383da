/** Brings text to a form in which what looks the same is the same, as far as that is cheap: for comparing, never for showing. Pure. */

// Small letters that look, or whose capitals look, like a Latin one, each above it.
const alike = [
  ["аеорсухіјѕԁԛԝһӏкмтвнүґ", "aeopcyxijsdqwhlkmtbhyr"],
  ["αβγεζηικμνορτυχως", "abyeznikmvoptuxwσ"],
  ["ıłøđħŧɡɑ", "ilodhtga"]
] as const

const latin = new Map(alike.flatMap(([theirs, ours]) => [...theirs].map((sign, at) => [sign, [...ours][at] ?? sign])))

// Ten digits of every script follow each other, zero first.
const digitOf = (sign: string): string => {
  const code = sign.codePointAt(0) ?? 0
  let zero = code
  while (zero > code - 9 && /\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero--
  return String(code - zero)
}

/** Whether it is of ASCII's visible signs and spaces alone. */
export const isPlain = (text: string): boolean => /^[ -~]*$/.test(text)

/** Without marks, invisible signs, case and width; look-alikes as the Latin letters and digits that they look like. */
export const foldText = (text: string): string => {
  const small = text.toLowerCase()
  if (isPlain(small)) return small
  return small
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[\p{M}\p{Default_Ignorable_Code_Point}]/gu, "")
    .replace(/\p{Nd}/gu, digitOf)
    .replace(/\p{L}/gu, (sign) => latin.get(sign) ?? sign)
    .normalize("NFC")
}
