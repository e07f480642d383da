/** The few pieces of SVG text that every drawing is made of. Nothing here is random: variation comes from a hash. */

/** A part of the picture: what is there by day, and the lights that are lit above the night's tint. */
export interface Drawn {
  readonly scene: string
  readonly lights: string
}

/** Nothing to draw. */
export const nothing: Drawn = { scene: "", lights: "" }

/** A number as short as it can be without moving a line by a visible amount. */
export const num = (value: number): string => String(Math.round(value * 10) / 10)

/** Escapes text for element content and for attribute values. */
export const escapeXml = (text: string): string =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;")

/** A rectangle; `more` holds further attributes. */
export const rect = (x: number, y: number, width: number, height: number, fill: string, more = ""): string =>
  `<rect x="${num(x)}" y="${num(y)}" width="${num(width)}" height="${num(height)}" fill="${fill}"${more === "" ? "" : ` ${more}`}/>`

/** An ellipse, a circle when `ry` is left out. */
export const oval = (cx: number, cy: number, rx: number, fill: string, ry = rx, more = ""): string =>
  `<ellipse cx="${num(cx)}" cy="${num(cy)}" rx="${num(rx)}" ry="${num(ry)}" fill="${fill}"${more === "" ? "" : ` ${more}`}/>`

/** A closed shape through the points given as x, y, x, y … */
export const shape = (points: ReadonlyArray<number>, fill: string, more = ""): string =>
  `<polygon points="${points.map(num).join(" ")}" fill="${fill}"${more === "" ? "" : ` ${more}`}/>`

/** A filled path. */
export const path = (d: string, fill: string, more = ""): string =>
  `<path d="${d}" fill="${fill}"${more === "" ? "" : ` ${more}`}/>`

/** A stroked path with round ends. */
export const line = (d: string, stroke: string, width: number, more = ""): string =>
  `<path d="${d}" fill="none" stroke="${stroke}" stroke-width="${num(width)}" stroke-linecap="round"${more === "" ? "" : ` ${more}`}/>`

/** A named part of the farm: `data-part` and `data-tier` let a test, or a curious reader, find it; the title is its tooltip. */
export const part = (name: string, tier: number, title: string, body: string, transform = ""): string =>
  `<g data-part="${name}" data-tier="${tier}"${transform === "" ? "" : ` transform="${transform}"`}><title>${escapeXml(title)}</title>${body}</g>`

/** A group moved to (x, y) and scaled about that point. */
export const placed = (x: number, y: number, scale: number, body: string): string =>
  `<g transform="translate(${num(x)} ${num(y)}) scale(${String(Math.round(scale * 100) / 100)})">${body}</g>`

/** `count` bodies joined. */
export const repeat = (count: number, body: (index: number) => string): string =>
  Array.from({ length: Math.max(0, count) }, (_, index) => body(index)).join("")

/** The same number in [0, 1) for the same words, on every machine: a FNV-1a hash, stirred. */
export const vary = (seed: string, what: string, index = 0): number => {
  let hash = 0x811c9dc5
  for (const char of `${seed}/${what}/${index}`) {
    hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193)
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 0x1_0000_0000
}
