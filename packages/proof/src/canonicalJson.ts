/** RFC 8785 (JSON Canonicalization Scheme) for any JSON value. Neither direction recurses: depth costs memory, never the stack. */

/** Why a value or a text has no canonical form. */
export type CanonicalJsonFault =
  | "not_json"
  | "duplicate_key"
  | "lone_surrogate"
  | "number_out_of_range"
  | "unsupported_value"
  | "cyclic"

/** Thrown for what JSON cannot carry. A program that meets it on its own data has a bug. */
export class CanonicalJsonError extends Error {
  override readonly name = "CanonicalJsonError"
  readonly code: CanonicalJsonFault
  constructor(code: CanonicalJsonFault, message: string) {
    super(message)
    this.code = code
  }
}

const writeText = (text: string): string => {
  if (!text.isWellFormed()) {
    throw new CanonicalJsonError("lone_surrogate", "a string has a lone surrogate, which UTF-8 cannot spell")
  }
  // JSON.stringify escapes a well-formed string exactly as RFC 8785 §3.2.2.2 demands.
  return JSON.stringify(text)
}

const writeNumber = (value: number): string => {
  if (!Number.isFinite(value)) {
    throw new CanonicalJsonError("number_out_of_range", "a number is not finite in double precision")
  }
  // RFC 8785 §3.2.2.3 is ECMAScript's own number to string; minus zero becomes "0" there.
  return String(value)
}

/** An array or object being written: `keys` is null for an array, `at` is the next member. */
interface Open {
  readonly source: object
  readonly keys: ReadonlyArray<string> | null
  readonly length: number
  at: number
}

const openContainer = (source: object): Open => {
  if (Array.isArray(source)) return { source, keys: null, length: source.length, at: 0 }
  const prototype: unknown = Object.getPrototypeOf(source)
  if (prototype !== Object.prototype && prototype !== null) {
    // A Date, a Map or a class instance would lose its meaning without a word.
    throw new CanonicalJsonError("unsupported_value", "only plain objects and arrays have a canonical form")
  }
  // The default order compares UTF-16 code units, which is what RFC 8785 §3.2.3 asks for.
  const keys = Object.keys(source).sort()
  return { source, keys, length: keys.length, at: 0 }
}

const writeScalar = (value: unknown): string => {
  switch (typeof value) {
    case "string":
      return writeText(value)
    case "number":
      return writeNumber(value)
    case "boolean":
      return String(value)
    default:
      if (value === null) return "null"
      throw new CanonicalJsonError("unsupported_value", `JSON has no ${typeof value}`)
  }
}

/**
 * The canonical text of a value made of plain objects, arrays, well-formed strings, finite numbers, booleans and nulls.
 * Throws {@link CanonicalJsonError} for anything else, `undefined` members and cycles included, rather than drop it.
 */
export const canonicalJson = (value: unknown): string => {
  let text = ""
  const stack: Array<Open> = []
  const ancestors = new Set<object>()
  const write = (member: unknown): void => {
    if (typeof member !== "object" || member === null) {
      text += writeScalar(member)
      return
    }
    if (ancestors.has(member)) throw new CanonicalJsonError("cyclic", "a value contains itself")
    const container = openContainer(member)
    ancestors.add(member)
    stack.push(container)
    text += container.keys === null ? "[" : "{"
  }
  write(value)
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    if (top.at === top.length) {
      text += top.keys === null ? "]" : "}"
      ancestors.delete(top.source)
      stack.pop()
      continue
    }
    if (top.at > 0) text += ","
    const key = top.keys === null ? top.at : (top.keys[top.at] ?? "")
    top.at++
    if (typeof key === "string") text += `${writeText(key)}:`
    write((top.source as Readonly<Record<string | number, unknown>>)[key])
  }
  return text
}

const quoteUnit = 0x22
const backslashUnit = 0x5c

/** The index just after the string that starts at `start`, in a text that `JSON.parse` has accepted. */
const endOfString = (text: string, start: number): number => {
  let at = start + 1
  while (text.charCodeAt(at) !== quoteUnit) at += text.charCodeAt(at) === backslashUnit ? 2 : 1
  return at + 1
}

const isSpace = (unit: number): boolean => unit === 0x20 || unit === 0x0a || unit === 0x0d || unit === 0x09

/** Refuses a key that occurs twice in one object, however it is escaped. The text must be valid JSON. */
const refuseDuplicateKeys = (text: string): void => {
  const open: Array<Set<string> | null> = []
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (character === "{") open.push(new Set())
    else if (character === "[") open.push(null)
    else if (character === "}" || character === "]") open.pop()
    else if (character === '"') {
      const end = endOfString(text, at)
      let next = end
      while (isSpace(text.charCodeAt(next))) next++
      // In valid JSON a string before a colon is always a key.
      const keys = text[next] === ":" ? open.at(-1) : null
      if (keys !== null && keys !== undefined) {
        const key = String(JSON.parse(text.slice(at, end)))
        if (keys.has(key)) throw new CanonicalJsonError("duplicate_key", "an object has the same key twice")
        keys.add(key)
      }
      at = end - 1
    }
  }
}

/**
 * Reads JSON as I-JSON (RFC 7493) does, refusing duplicate keys, and gives its value and canonical text. Numbers are read
 * as doubles, as RFC 8785 prescribes. Throws {@link CanonicalJsonError}.
 */
export const parseCanonical = (text: string): { readonly value: unknown; readonly canonical: string } => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new CanonicalJsonError("not_json", "the text is not JSON")
  }
  refuseDuplicateKeys(text)
  return { value, canonical: canonicalJson(value) }
}

/** The value of a text that is spelled exactly as {@link canonicalJson} spells it; `undefined` for any other text. */
export const readCanonical = (text: string): unknown => {
  try {
    const value: unknown = JSON.parse(text)
    // A key that occurs twice is written once, so it shows here too.
    return canonicalJson(value) === text ? value : undefined
  } catch {
    return undefined
  }
}
