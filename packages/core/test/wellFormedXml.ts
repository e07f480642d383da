/** A strict little XML reader for tests: throws where a document is not well formed, returns its elements in order. */

/** An element as it was opened. */
export interface XmlElement {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  /** The text right inside, entities resolved. */
  readonly text: string
}

const entities: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" }

const resolve = (raw: string): string => {
  if (raw.includes("<")) throw new Error(`a bare < in ${raw}`)
  return raw.replace(/&([^;]*);?/gu, (whole, name: string) => {
    const value = whole.endsWith(";") ? entities[name] : undefined
    if (value === undefined) throw new Error(`unknown entity ${whole}`)
    return value
  })
}

/** Reads a document without prologue, comments or CDATA, which our pictures never have. */
export const readXml = (document: string): ReadonlyArray<XmlElement> => {
  const source = document.trimEnd()
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML forbids
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/u.test(source) || !source.isWellFormed()) {
    throw new Error("a character that XML forbids")
  }
  const elements: Array<{ name: string; attributes: Record<string, string>; text: string }> = []
  const open: Array<(typeof elements)[number]> = []
  const token = /<(\/?)([A-Za-z][\w:-]*)((?:\s+[\w:-]+="[^"<]*")*)(\/?)>|([^<]+)/guy
  let end = 0
  for (let match = token.exec(source); match !== null; match = token.exec(source)) {
    end = token.lastIndex
    const [, closing, name = "", attributeText = "", empty, text] = match
    const parent = open.at(-1)
    if (text !== undefined) {
      if (parent === undefined) throw new Error("text outside the root")
      parent.text += resolve(text)
    } else if (closing === "/") {
      if (parent?.name !== name) throw new Error(`</${name}> closes <${parent?.name}>`)
      open.pop()
    } else {
      if (parent === undefined && elements.length > 0) throw new Error("two roots")
      const attributes: Record<string, string> = {}
      for (const [, key = "", value = ""] of attributeText.matchAll(/([\w:-]+)="([^"]*)"/gu)) {
        if (key in attributes) throw new Error(`${key} twice in <${name}>`)
        attributes[key] = resolve(value)
      }
      const element = { name, attributes, text: "" }
      elements.push(element)
      if (empty !== "/") open.push(element)
    }
  }
  if (end !== source.length) throw new Error(`not XML at ${end}: ${source.slice(end, end + 60)}`)
  if (open.length > 0) throw new Error(`<${open.at(-1)?.name}> is never closed`)
  return elements
}
