/** Writes a page of a farm's chronicle as an Atom feed (RFC 4287, paged as in RFC 5005). Pure. */
import { printableName } from "../drawing/planFarm.ts"
import { escapeXml } from "../drawing/svg.ts"
import type { ChronicleEntry } from "./chronicleOf.ts"

/** Entries on one page: what a reader shows at once, and a few kilobytes. */
export const chroniclePageMax = 50

/** Whose feed, and where it is. */
export interface AtomFeed {
  readonly farmId: string
  readonly name: string
  /** The address of the feed, without a query. */
  readonly path: string
  /** The time of the feed while it has no entry. */
  readonly foundedAt: string
}

/** One page of it. */
export interface AtomPage {
  readonly entries: ReadonlyArray<ChronicleEntry>
  /** The cursor that this page was asked for, and that of the next; null on the first and the last. */
  readonly before: string | null
  readonly next: string | null
}

/** Where an entry stands in the feed: the page after it begins below. */
export const cursorOf = ({ at, id }: ChronicleEntry): string => `${at}/${id}`

/** The entries below a cursor, newest first as they came. New entries on top change no page that follows a cursor. */
export const pageOf = (entries: ReadonlyArray<ChronicleEntry>, before: string | null): AtomPage => {
  const below = before === null ? entries : entries.filter((entry) => cursorOf(entry) < before)
  const page = below.slice(0, chroniclePageMax)
  const last = page.at(-1)
  return { entries: page, before, next: below.length > page.length && last !== undefined ? cursorOf(last) : null }
}

/** When the newest thing on a page happened. */
export const updatedOf = ({ foundedAt }: AtomFeed, { entries }: AtomPage): string => entries[0]?.at ?? foundedAt

// RFC 4151. The farm's id is nobody else's, and `.invalid` is nobody's: the name needs no domain to be registered.
const tagOf = (farmId: string, rest: string): string => `tag:${farmId}.farm.invalid,2026:${rest}`

const link = (rel: string, href: string): string =>
  `<link rel="${rel}" type="application/atom+xml" href="${escapeXml(href)}"/>`

/** The document. */
export const writeAtom = (feed: AtomFeed, page: AtomPage): string => {
  const { farmId, path } = feed
  const name = escapeXml(printableName(feed.name))
  const address = (before: string | null) => (before === null ? path : `${path}?before=${encodeURIComponent(before)}`)
  const entries = page.entries.map(
    ({ at, id, kind, text, title }) =>
      `<entry><id>${escapeXml(tagOf(farmId, id))}</id><title>${escapeXml(title)}</title><updated>${at}</updated>` +
      `<category term="${kind}"/><content type="text">${escapeXml(text)}</content></entry>`
  )
  return [
    '<?xml version="1.0" encoding="utf-8"?>',
    '<feed xmlns="http://www.w3.org/2005/Atom">',
    `<id>${escapeXml(tagOf(farmId, "chronicle"))}</id>`,
    `<title>${name}</title>`,
    `<updated>${updatedOf(feed, page)}</updated>`,
    `<author><name>${name}</name></author>`,
    "<generator>FarmOps</generator>",
    link("self", address(page.before)),
    link("first", path),
    ...(page.next === null ? [] : [link("next", address(page.next))]),
    ...entries,
    "</feed>\n"
  ].join("\n")
}
