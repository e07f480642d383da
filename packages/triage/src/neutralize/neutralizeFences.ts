/** Makes blocks of code end where the text ends, so that what is posted after them is seen. Pure; the same twice as once. */

// A fence that is not at the very beginning of its line ends with the list or the quotation that it is in, or does not: nobody can say
// without reading all of Markdown. Only those at the beginning stay.
const elsewhere = /(?<=[^\n`])`{3,}|(?<=[^\n~])~{3,}/g

const tooLong = /^(?:`{9,}|~{9,})/gm

/** GitHub draws these, with links and pictures of their own. */
const drawn = /^(`{3,8}|~{3,8})[ \t]*[{.]*[ \t]*(?:mermaid|geojson|topojson|stl|math)\b[^\n]*$/gim

const opening = /^(?:(`{3,8})[^`\n]*|(~{3,8})[^\n]*)$/

const closes = (line: string, mark: string): boolean => {
  const run = /^(`{3,8}|~{3,8})[ \t]*$/.exec(line)?.[1]
  return run !== undefined && run[0] === mark[0] && run.length >= mark.length
}

const dequote = (run: string): string => (run.startsWith("~") ? "-" : "'").repeat(3)

/** What is open at the end, or null. */
const openFence = (text: string): string | null => {
  let open: string | null = null
  for (const line of text.split("\n")) {
    if (open === null) {
      const found = opening.exec(line)
      open = found?.[1] ?? found?.[2] ?? null
    } else if (closes(line, open)) open = null
  }
  return open
}

/** Runs that begin a line and yet are no fence, since another backtick follows. */
const lookalikes = /^(`{3,8})(?=[^\n]*[^`\n][^\n]*`)/gm

/** The text with only such fences as are understood, each of them closed. */
export const neutralizeFences = (text: string): string => {
  const plain = text
    .replace(lookalikes, dequote)
    .replace(elsewhere, dequote)
    .replace(tooLong, dequote)
    .replace(drawn, "$1")
  const open = openFence(plain)
  return open === null ? plain : `${plain.replace(/\n$/, "")}\n${open}`
}
