/** From what was kept of objects to what a plugin gets to see. Pure: the time now is an argument. */
import { DateTime } from "effect"
import { type Observation, rawDataBytesMax } from "../../contract/Observation.ts"
import { opaqueId } from "../opaqueId.ts"
import type { KeptObject } from "./watchResource.ts"
import type { Workload } from "./workloadOf.ts"

/** What every observation of one source has. */
export interface Watcher {
  /** Tells one cluster from another: the uid of its `kube-system`, or its address where that may not be read. */
  readonly cluster: string
  readonly actor: Observation["actor"]
}

const opaque = (...parts: ReadonlyArray<string>): string => opaqueId("farmops/kubernetes", ...parts)

const utf8 = new TextEncoder()

const observe = (
  { actor }: Watcher,
  observationId: string,
  subject: string,
  json: string,
  nowMs: number
): Observation | null => {
  const rawData = utf8.encode(json)
  if (rawData.length > rawDataBytesMax) return null
  const now = DateTime.makeUnsafe(nowMs)
  return { observationId, sourceType: "kubernetes", rawData, detectedAt: now, occurredAt: now, subject, actor }
}

// No part of an id: the same state is the same observation whenever it is seen.
const seenAt = (nowMs: number) => `"seen_at":"${new Date(nowMs).toISOString()}"`

const byUid = (a: KeptObject, b: KeptObject) => (a.uid < b.uid ? -1 : 1)

// Versions are part of a state: what was well, broke and is well again has been well twice.
const stateOf = (objects: ReadonlyArray<KeptObject>): ReadonlyArray<string> =>
  objects.flatMap(({ kept, uid, version }) => [uid, version, kept])

/** The subject of a workload: the same over its rollouts, and over its being deleted and made again under its name. */
export const workloadSubject = (cluster: string, { kind, name, namespace }: Workload): string =>
  opaque(cluster, "workload", kind, namespace, name)

/** A workload and its pods; null where they do not fit a message. Told `again`, a state is another observation than at first. */
export const observeWorkload = (
  watcher: Watcher,
  workload: Workload,
  pods: ReadonlyArray<KeptObject>,
  again: boolean,
  nowMs: number
): Observation | null => {
  const subject = workloadSubject(watcher.cluster, workload)
  const sorted = pods.toSorted(byUid)
  const { kind, name, namespace } = workload
  const head = JSON.stringify({ kind, namespace, name })
  const texts = sorted.map(({ kept }) => kept).join(",")
  const json = `{"kind":"workload",${seenAt(nowMs)},"workload":${head},"pods":[${texts}]}`
  return observe(watcher, opaque(subject, again ? "again" : "first", ...stateOf(sorted)), subject, json, nowMs)
}

/** An object that changed; null where it does not fit a message. That it is seen for the first time makes it no other state. */
export const observeObject = (
  watcher: Watcher,
  resource: string,
  change: "added" | "modified" | "deleted",
  object: KeptObject,
  nowMs: number
): Observation | null => {
  const subject = opaque(watcher.cluster, "object", resource, object.uid)
  const head = `"kind":"object",${seenAt(nowMs)},"resource":${JSON.stringify(resource)},"change":"${change}"`
  const isGone = change === "deleted" ? "deleted" : "there"
  // The version of a deletion differs between one that was seen and one that was found out: an object is deleted once.
  const state = change === "deleted" ? [object.uid] : stateOf([object])
  return observe(watcher, opaque(subject, isGone, ...state), subject, `{${head},"object":${object.kept}}`, nowMs)
}

// Room for the words around the objects.
const sweepPartBytesMax = rawDataBytesMax - 1024

const partsOf = (objects: ReadonlyArray<string>): ReadonlyArray<ReadonlyArray<string>> | null => {
  const parts: Array<Array<string>> = [[]]
  let bytes = 0
  for (const json of objects) {
    const size = Buffer.byteLength(json) + 1
    if (size > sweepPartBytesMax) return null
    if (bytes + size > sweepPartBytesMax) {
      parts.push([])
      bytes = 0
    }
    parts.at(-1)?.push(json)
    bytes += size
  }
  return parts
}

/**
 * A sweep in as few parts as fit; null where a single object does not. `slot` is the time that the sweep was due: begun again
 * after a restart, it is the same sweep.
 */
export const observeSweep = (
  watcher: Watcher,
  resource: string,
  slot: number,
  found: { readonly namespaces: number; readonly objects: ReadonlyArray<string> },
  nowMs: number
): ReadonlyArray<Observation> | null => {
  const subject = opaque(watcher.cluster, "sweep", resource)
  const parts = partsOf(found.objects)
  if (parts === null) return null
  const head = `"kind":"sweep",${seenAt(nowMs)},"resource":${JSON.stringify(resource)},"namespaces":${found.namespaces}`
  return parts.flatMap((objects, at) => {
    const place = `"part":${at + 1},"parts":${parts.length}`
    const json = `{${head},"objects":[${objects.join(",")}],${place}}`
    return observe(watcher, opaque(subject, String(slot), String(at + 1)), subject, json, nowMs) ?? []
  })
}
