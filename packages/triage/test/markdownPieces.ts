/** Texts made of the pieces that Markdown and GitHub make something of, and what must not be in a text that is posted. */

const pieces = [
  ...[
    "[",
    "]",
    "(",
    ")",
    "!",
    "<",
    ">",
    "@",
    "#",
    "1",
    "/",
    "\\",
    "`",
    "```",
    "~~~",
    "\n",
    "\n\n",
    " ",
    "- ",
    "> ",
    "    ",
    "\t"
  ],
  ...[
    "&#64;",
    "&commat;",
    "&",
    ";",
    "www.",
    "http://",
    "https://",
    "HTTPS://",
    "evil.com",
    "docs.example.org",
    "x.y/z",
    ":"
  ],
  ...[
    "[a]: ",
    "<a href=",
    '"',
    "'",
    "mailto:",
    "xmpp:",
    "a",
    "bob",
    "fixes ",
    "GH-",
    "<!-- farmops:",
    "-->",
    "*",
    "_",
    "~",
    "|"
  ],
  ...["|-|", "^", "[^1]", "\u200b", "\u202e", "\u0000", "ﬀ", "deadbeef1", "=", "---", "1. ", "%", "?", "\r", "\u2028"],
  ...["https://docs.example.org/a", "mermaid", "<redacted>", "(link removed)", "…", "$$", "\\href", "/close", "é", "😀"]
]

/** Always the same texts: what is random here is only their making. */
export const randomMarkdown = function* (count: number, seed = 1): Generator<string> {
  let state = seed
  const next = (below: number): number => {
    state = (state + 0x6d2b79f5) | 0
    let bits = Math.imul(state ^ (state >>> 15), 1 | state)
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits
    return ((bits ^ (bits >>> 14)) >>> 0) % below
  }
  for (let made = 0; made < count; made++) {
    yield Array.from({ length: 1 + next(14) }, () => pieces[next(pieces.length)]).join("")
  }
}

const dangers: Readonly<Record<string, RegExp>> = {
  mention: /@/,
  entity: /&(?:#\d+|#x[0-9a-f]+|[a-z][a-z0-9]*);/i,
  html: /<[a-z/!?]/i,
  link: /\]\(|\]\[|\]:/,
  picture: /!\[/,
  footnote: /\[\^/,
  address: /:\/\/|(?<![\p{L}\p{N}.])www\./iu,
  reference: /#\d|\bGH-\d/i,
  closing: /\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?\s+(?:#\d|GH-\d|https?:)/i,
  command: /(?:^|\s)\/\p{L}/mu,
  marker: /<!--/,
  hidden: /(?![\t\n])[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/u,
  token: /gh[opsu]_|sk-ant-/
}

/** What is dangerous in a text, once the addresses are out that may stand in it. Says nothing by itself on how it is parsed. */
export const dangersIn = (text: string, linkHosts: ReadonlyArray<string> = []): ReadonlyArray<string> => {
  const rest = linkHosts.reduce(
    (words, host) =>
      words.replaceAll(
        new RegExp(`https://${host.replaceAll(".", "\\.")}(?![A-Za-z0-9.@:-])[\\w./?=&%+,#~-]*`, "g"),
        ""
      ),
    text
  )
  return Object.entries(dangers)
    .filter(([, pattern]) => pattern.test(rest))
    .map(([name]) => name)
}
