/**
 * Cuts an object of the API down to what was asked for, before anything of it is stored. A Secret's data never passes by itself:
 * only keys that an operator named do, and no annotation that repeats the whole object.
 */
import type { KubernetesObject } from "../../contract/KubernetesEvent.ts"

type Json = unknown
type Members = Readonly<Record<string, Json>>

/** What of an object is kept, made by {@link compileFields}. */
export interface FieldTree {
  /** The value as it is. */
  readonly whole: boolean
  readonly members: ReadonlyMap<string, FieldTree>
}

/** What `kubectl apply` repeats the whole object in, a Secret's data too. */
const lastApplied = "kubectl.kubernetes.io/last-applied-configuration"

const isMembers = (value: Json): value is Members =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const tokensOf = (pointer: string): ReadonlyArray<string> =>
  pointer
    .split("/")
    .slice(1)
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"))

/**
 * Makes a tree of JSON Pointers that are relative to an object; `*` is every element or member. No pointer at all keeps
 * everything but `managedFields` and what `kubectl apply` repeats.
 */
export const compileFields = (pointers: ReadonlyArray<string>): FieldTree | null => {
  if (pointers.length === 0) return null
  type Growing = { whole: boolean; members: Map<string, Growing> }
  const root: Growing = { whole: false, members: new Map() }
  for (const pointer of pointers) {
    let node = root
    for (const token of tokensOf(pointer)) {
      const next: Growing = node.members.get(token) ?? { whole: false, members: new Map() }
      node.members.set(token, next)
      node = next
    }
    node.whole = true
  }
  return root
}

const cut = (value: Json, tree: FieldTree): Json => {
  if (tree.whole) return value
  if (Array.isArray(value)) {
    // One element by its number keeps its neighbours: what is left would else have other numbers.
    const every = tree.members.get("*") ?? [...tree.members].find(([key]) => /^\d+$/.test(key))?.[1]
    return every === undefined ? [] : value.map((element: Json) => cut(element, every) ?? null)
  }
  if (!isMembers(value)) return undefined
  const kept: Record<string, Json> = {}
  // In the object's own order: equal objects stay equal as text.
  for (const key of Object.keys(value)) {
    const member = tree.members.get(key) ?? tree.members.get("*")
    const child = member === undefined ? undefined : cut(value[key], member)
    if (child !== undefined) Object.defineProperty(kept, key, { value: child, enumerable: true, writable: true })
  }
  return kept
}

const without = (object: Members, ...keys: ReadonlyArray<string>): Members =>
  Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)))

const withoutRepeats = (object: Members): Members => {
  const metadata = isMembers(object.metadata) ? object.metadata : {}
  const annotations = metadata.annotations
  return {
    ...object,
    metadata: {
      ...without(metadata, "managedFields"),
      ...(isMembers(annotations) && { annotations: without(annotations, lastApplied) })
    }
  }
}

/** A Secret without its data, but for the keys at the pointers that the operator approved, such as `/data/tls.crt`. */
const withoutSecrets = (object: Members, approved: ReadonlyArray<string>): Members => {
  const kept: Record<string, Members> = {}
  for (const pointer of approved) {
    const [field = "", key = "", ...rest] = tokensOf(pointer)
    const data = object[field]
    if (!["data", "stringData"].includes(field) || key === "" || key === "*" || rest.length > 0) continue
    if (isMembers(data) && Object.hasOwn(data, key)) kept[field] = { ...kept[field], [key]: data[key] }
  }
  return { ...without(object, "data", "stringData"), ...kept }
}

/**
 * What of an object is kept. `isSecret` is decided by the resource that was asked for, not by what the object calls itself. Kind and
 * version are left out, as in the API's own lists: an object is the same, however it came.
 */
export const keepFields = (
  object: KubernetesObject,
  fields: FieldTree | null,
  secrets: { readonly isSecret: boolean; readonly approved: ReadonlyArray<string> }
): KubernetesObject => {
  const bare = without(object, "kind", "apiVersion")
  const safe = secrets.isSecret ? withoutSecrets(withoutRepeats(bare), secrets.approved) : bare
  if (fields === null) return secrets.isSecret ? safe : withoutRepeats(bare)
  const kept = cut(safe, fields)
  return isMembers(kept) ? kept : {}
}

// For plugins that ask nothing of objects: no field at all would stand for all of them.
const leastFields: ReadonlyArray<string> = ["/metadata/uid"]

const wholeObject = /^(?:\/object|\/(?:pods|objects)(?:\/(?:\*|\d+))?)?$/
const insideObject = /^\/(?:object|(?:pods|objects)\/(?:\*|\d+))(\/.*)$/

/**
 * What the plugins' own pointers ask of an object: those below `pods`, `object` and `objects`. Empty, which is everything, where
 * a plugin asks for an object whole or names no fields.
 */
export const fieldsOfPlugins = (plugins: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<string> => {
  if (plugins.some((pointers) => pointers.length === 0 || pointers.some((pointer) => wholeObject.test(pointer))))
    return []
  const inner = plugins.flat().map((pointer) => insideObject.exec(pointer)?.[1] ?? "")
  const named = [...new Set(inner)].filter((pointer) => pointer !== "").toSorted()
  return named.length > 0 ? named : leastFields
}
