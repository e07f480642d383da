/** A parsed YAML file that still knows on which line each part of it stands. */
import { type Document, isMap, isNode, isPair, isScalar, isSeq, LineCounter, parseDocument } from "yaml"
import { ConfigInvalid } from "./ConfigInvalid.ts"

/** The file and where its lines begin. */
export interface YamlSource {
  readonly file: string
  readonly document: Document
  readonly lines: LineCounter
}

/** Parses without complaint; the faults are in `document.errors`. Duplicate keys are faults. */
export const parseYaml = (file: string, text: string): YamlSource => {
  const lines = new LineCounter()
  return { file, lines, document: parseDocument(text, { lineCounter: lines, uniqueKeys: true, strict: true }) }
}

/** A fault at a place of the file's text. */
export const faultAt = (source: YamlSource, offset: number, path: string, expected: string): ConfigInvalid => {
  const { col, line } = source.lines.linePos(offset)
  return new ConfigInvalid({ file: source.file, line: Math.max(line, 1), column: Math.max(col, 1), path, expected })
}

/** A path as people write it: `plugins[0].command`. */
export const showPath = (path: ReadonlyArray<PropertyKey>): string =>
  path.map((key, at) => (typeof key === "number" ? `[${key}]` : at === 0 ? String(key) : `.${String(key)}`)).join("")

const startOf = (node: unknown): number | undefined => (isNode(node) ? node.range?.[0] : undefined)

const child = (node: unknown, key: PropertyKey): { readonly start: number | undefined; readonly value: unknown } => {
  if (isSeq(node) && typeof key === "number") return { start: startOf(node.items[key]), value: node.items[key] }
  if (!isMap(node)) return { start: undefined, value: undefined }
  const pair = node.items.find((item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(key))
  return { start: startOf(pair?.key), value: pair?.value }
}

/** Where a path begins in the text: at its key, or at the closest part around it that is there. */
export const offsetOf = (source: YamlSource, path: ReadonlyArray<PropertyKey>): number => {
  let node: unknown = source.document.contents
  let offset = startOf(node) ?? 0
  for (const key of path) {
    const { start, value } = child(node, key)
    if (start === undefined) break
    offset = start
    node = value
  }
  return offset
}
