/**
 * Cuts the answer to a LIST into its objects while it arrives, so that a page of 500 is never parsed whole: what is garbage
 * after each object stays small and young. What is around the objects is kept, in whatever order the server writes it.
 */
import { PieceTooLarge } from "./splitLines.ts"

/** What surrounds the objects of a list. */
export interface ListShell {
  readonly resourceVersion: string
  /** Where the next page begins; null on the last. */
  readonly next: string | null
}

/** Takes chunks as they come. */
export interface ListSplitter {
  /** The objects that this chunk completes, each as its JSON. */
  readonly push: (chunk: Buffer) => ReadonlyArray<string>
  /** What was around them; null when the answer was not a whole list. */
  readonly end: () => ListShell | null
}

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const isOpening = (byte: number) => byte === 0x7b || byte === 0x5b
const isClosing = (byte: number) => byte === 0x7d || byte === 0x5d

// Kind, version and the list's own metadata; its continue token is the longest part.
const shellBytesMax = 64 * 1024
// In `{"items": [{`, an object of the list is the third to open.
const itemDepth = 3

const readShell = (text: string): ListShell | null => {
  try {
    const { metadata } = JSON.parse(text) as { metadata?: { resourceVersion?: unknown; continue?: unknown } }
    if (typeof metadata?.resourceVersion !== "string") return null
    const next = metadata.continue
    return { resourceVersion: metadata.resourceVersion, next: typeof next === "string" && next !== "" ? next : null }
  } catch {
    return null
  }
}

/** A splitter for one answer. */
export const makeListSplitter = (itemBytesMax: number): ListSplitter => {
  const shell: Array<number> = []
  let item: Array<Buffer> = []
  let itemBytes = 0
  let depth = 0
  let inString = false
  let escaped = false
  let inItems = false
  let nameStart = 0

  const keep = (byte: number) => {
    if (shell.length >= shellBytesMax) throw new PieceTooLarge("a list has too much around its objects")
    shell.push(byte)
  }
  const add = (part: Buffer) => {
    itemBytes += part.length
    if (itemBytes > itemBytesMax) throw new PieceTooLarge("an object is too large")
    item.push(part)
  }
  // The string before the bracket, which in JSON is the key that it is the value of.
  const isItemsNext = () =>
    depth === 1 && Buffer.from(shell.slice(nameStart)).toString("latin1").replace(/\s/g, "").startsWith('"items":[')

  const push = (chunk: Buffer) => {
    const found: Array<string> = []
    let start = 0
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] ?? 0
      const inItem = inItems && depth >= itemDepth
      if (!inItem && !(inItems && depth === itemDepth - 1 && (byte === comma || byte === 0x7b))) {
        if (!inString && byte === quote && depth === 1) nameStart = shell.length
        keep(byte)
      }
      if (inString) {
        if (escaped) escaped = false
        else if (byte === backslash) escaped = true
        else if (byte === quote) inString = false
        continue
      }
      if (byte === quote) inString = true
      else if (isOpening(byte)) {
        if (!inItems && byte === 0x5b && isItemsNext()) inItems = true
        depth++
        if (inItems && depth === itemDepth) start = at
      } else if (isClosing(byte)) {
        depth--
        if (!inItems) continue
        if (depth === itemDepth - 1) {
          add(chunk.subarray(start, at + 1))
          found.push((item.length === 1 && item[0] !== undefined ? item[0] : Buffer.concat(item)).toString("utf8"))
          item = []
          itemBytes = 0
        } else if (depth === 1) inItems = false
      }
    }
    if (inItems && depth >= itemDepth) add(chunk.subarray(start))
    return found
  }
  return { push, end: () => (depth === 0 ? readShell(Buffer.from(shell).toString("utf8")) : null) }
}
