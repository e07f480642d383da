/** Takes links out of a text: only what goes to a host of the owner's list stays, as a plain address. Pure; the same twice as once. */

/** What stands where a link stood. */
export const removedLink = "(link removed)"

// With a scheme, whatever stands before it, or what GitHub makes a link of without one. The run ends where a link's would.
const addresses = /(?:(?<![\p{L}\p{N}+.-])[\p{L}\p{N}+.-]*:\/\/|(?<![\p{L}\p{N}.])www\.)[^\s<>"'`|\\)\]}]*/giu

/**
 * Endings under which anybody registers a name, but those that are also endings of files or names in code: without a path behind
 * them GitHub makes no link of any.
 */
const endings = [
  ...[
    "com",
    "net",
    "org",
    "info",
    "biz",
    "io",
    "dev",
    "ai",
    "co",
    "xyz",
    "site",
    "online",
    "ru",
    "cn",
    "tk",
    "cf",
    "gq"
  ],
  ...["su", "gg", "ly", "eu", "uk", "de", "fr", "nl", "tech", "website", "icu", "vip", "pw", "cx", "ws", "tv", "onion"],
  ...["gov", "edu", "jp", "br", "example", "(?:com|co|org|net|gov|ac|edu)\\.[a-z]{2}"]
].join("|")

const label = "[\\p{L}\\p{N}](?:[\\p{L}\\p{N}-]{0,61}[\\p{L}\\p{N}])?"

/** Names of hosts that nothing marks as such. */
const bareHosts = new RegExp(
  [
    `(?<![\\p{L}\\p{N}.-]|(?<!/)/)(?:${label}\\.)+(?:(?:${endings})(?![\\p{L}\\p{N}-]|\\.[\\p{L}\\p{N}])|\\p{L}{2,24}(?=:\\d|/[^\\s/]))(?::\\d{1,5})?(?:/[^\\s<>"'\`|\\\\)\\]}]*)?`,
    `(?<![\\p{L}\\p{N}.])(?:\\d{1,3}\\.){3}\\d{1,3}(?::\\d{1,5}|(?=/))(?:/[^\\s<>"'\`|\\\\)\\]}]*)?`
  ].join("|"),
  "giu"
)

// GitHub notes in an issue who pointed at it from where: a link to one is a reference.
const references = /^\/[^/]+\/[^/]+\/(?:issues|pull|pulls|commit|commits|discussions|compare|security)(?:\/|$)/i

const plainCharacters = /^https:\/\/[A-Za-z0-9.-]+(?:\/[A-Za-z0-9._~/?=&%+,-]*)?(?:#[A-Za-z][A-Za-z0-9_-]*)?$/

// What ends a sentence is none of the address.
const trailing = /[.,:;!?*_~&%+=-]+$/

const isAllowed = (address: string, linkHosts: ReadonlyArray<string>): boolean => {
  if (!plainCharacters.test(address) || !URL.canParse(address)) return false
  const { hostname, pathname } = new URL(address)
  const isListed = linkHosts.some((host) => host.toLowerCase() === hostname)
  return isListed && !references.test(pathname) && !pathname.includes("//")
}

/** A piece of a text: an address that stays as it is, or words that more is done to. */
export interface TextPiece {
  readonly kind: "address" | "words"
  readonly text: string
}

const withoutHosts = (text: string): string => text.replace(bareHosts, removedLink)

/** The text in pieces, where every address that may not stay is gone. */
export const splitLinks = (text: string, linkHosts: ReadonlyArray<string>): ReadonlyArray<TextPiece> => {
  const pieces: Array<TextPiece> = []
  let end = 0
  let words = ""
  for (const match of text.matchAll(addresses)) {
    words += text.slice(end, match.index)
    end = match.index + match[0].length
    const address = match[0].replace(trailing, "")
    // `&lt` is nothing, and `&lt;` is a character.
    const endsEntity = match[0].charAt(address.length) === ";" && address.includes("&")
    if (isAllowed(address, linkHosts) && !endsEntity) {
      pieces.push({ kind: "words", text: withoutHosts(words) }, { kind: "address", text: address })
      words = match[0].slice(address.length)
    } else {
      words += `${removedLink}${trailing.exec(match[0])?.[0] ?? ""}`
    }
  }
  return [...pieces, { kind: "words", text: withoutHosts(words + text.slice(end)) }]
}
