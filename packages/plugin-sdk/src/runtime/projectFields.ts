/**
 * Cuts what a source saw down to what a plugin may be sent: only the fields that it asked for and the operator approved, and
 * never what a Kubernetes Secret holds unless a field names it. Pure.
 *
 * - An object keeps the members that a field names or passes through, and no other; it stays, empty, where it has none of them.
 * - An array keeps its length and its order. An element of which nothing may be sent is null, so that places stay what they were.
 * - `*` stands for every element of an array and for every member of an object.
 * - A field that is not there, or that asks for a part of a text or a number, adds nothing.
 */
import { readRawData } from "../contract/Observation.ts"

interface Fields {
  /** Everything below is asked for. */
  whole: boolean
  readonly named: Map<string, Fields>
  each: Fields | null
}

const makeFields = (): Fields => ({ whole: false, named: new Map(), each: null })

const unescape = (segment: string): string => segment.replaceAll("~1", "/").replaceAll("~0", "~")

const childOf = (parent: Fields, segment: string): Fields => {
  if (segment === "*") {
    parent.each ??= makeFields()
    return parent.each
  }
  const name = unescape(segment)
  const known = parent.named.get(name)
  if (known !== undefined) return known
  const made = makeFields()
  parent.named.set(name, made)
  return made
}

const parsed = new WeakMap<ReadonlyArray<string>, Fields>()

const parseFields = (pointers: ReadonlyArray<string>): Fields => {
  const known = parsed.get(pointers)
  if (known !== undefined) return known
  const root = makeFields()
  root.whole = pointers.length === 0
  for (const pointer of pointers) {
    pointer.split("/").slice(1).reduce(childOf, root).whole = true
  }
  parsed.set(pointers, root)
  return root
}

// Nothing that describes work is nested deeper; what is, is left out.
const depthMax = 500

const secretMembers: ReadonlySet<string> = new Set(["data", "stringData"])
// Where kubectl keeps a copy of the whole Secret, in the clear.
const appliedAnnotation = "kubectl.kubernetes.io/last-applied-configuration"

// An item of a list does not say what it is; the list does.
const isSecret = (members: Readonly<Record<string, unknown>>): boolean =>
  members.kind === "Secret" || members.kind === "SecretList" || members.resource === "secrets"

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const defined = (fields: ReadonlyArray<Fields | null | undefined>): ReadonlyArray<Fields> =>
  fields.filter((field): field is Fields => field !== null && field !== undefined)

/** Undefined where nothing of it may be sent. `inSecret` holds for a Secret and everything below. */
const cut = (value: unknown, at: ReadonlyArray<Fields>, whole: boolean, inSecret: boolean, depth: number): unknown => {
  const below = (item: unknown, key: string, secret: boolean, mayPass: boolean): unknown => {
    const next = defined(at.flatMap((field) => [field.named.get(key), mayPass ? field.each : null]))
    const all = (whole && mayPass) || next.some((field) => field.whole)
    return all || next.length > 0 ? cut(item, next, all, secret, depth + 1) : undefined
  }
  if (depth > depthMax) return undefined
  if (Array.isArray(value)) return value.map((item, index) => below(item, String(index), inSecret, true) ?? null)
  if (!isObject(value)) return whole ? value : undefined
  const secret = inSecret || isSecret(value)
  const kept = Object.entries(value).flatMap(([key, item]): Array<readonly [string, unknown]> => {
    const hidden = secret && (secretMembers.has(key) || key === appliedAnnotation)
    const part = below(item, key, secret, !hidden)
    return part === undefined ? [] : [[key, part]]
  })
  return Object.fromEntries(kept)
}

/** What may be sent of a JSON value; undefined where that is nothing. No fields at all ask for everything but Secrets' data. */
export const projectFields = (value: unknown, fields: ReadonlyArray<string>): unknown => {
  const root = parseFields(fields)
  return cut(value, [root], root.whole, false, 0)
}

/** The value without what Kubernetes Secrets hold. */
export const stripSecrets = (value: unknown): unknown => projectFields(value, [])

// Only an escape could hide the word, and then all of it is looked at.
const maySaySecret = (rawData: Uint8Array): boolean => {
  const bytes = Buffer.from(rawData.buffer, rawData.byteOffset, rawData.byteLength)
  return bytes.includes("ecret") || bytes.includes("\\u")
}

const utf8 = new TextEncoder()

/** `rawData` cut to `fields`; null where it is no JSON, of which nothing can be named. */
export const projectRawData = (rawData: Uint8Array, fields: ReadonlyArray<string>): Uint8Array | null => {
  if (fields.length === 0 && !maySaySecret(rawData)) return rawData
  const value = readRawData(rawData)
  if (value === undefined) return null
  return utf8.encode(JSON.stringify(projectFields(value, fields) ?? null))
}
