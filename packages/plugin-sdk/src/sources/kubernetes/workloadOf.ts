/** Who a pod belongs to, from what its own record says: no other object is asked for. */
import type { KubernetesObject } from "../../contract/KubernetesEvent.ts"

/** A workload, or a pod that is its own. */
export interface Workload {
  readonly kind: string
  readonly namespace: string
  readonly name: string
}

const members = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {}
const text = (value: unknown): string => (typeof value === "string" ? value : "")

/**
 * The topmost owner. A Deployment's ReplicaSet is named after it and the hash that each of its pods bears as a label; a pod that a
 * node runs by itself is its own.
 */
export const workloadOf = (pod: KubernetesObject): Workload => {
  const metadata = members(pod.metadata)
  const namespace = text(metadata.namespace)
  const owners = Array.isArray(metadata.ownerReferences) ? metadata.ownerReferences.map(members) : []
  const owner = owners.find((one) => one.controller === true)
  const kind = text(owner?.kind)
  const name = text(owner?.name)
  if (kind === "" || name === "" || kind === "Node") return { kind: "Pod", namespace, name: text(metadata.name) }
  const end = `-${text(members(metadata.labels)["pod-template-hash"])}`
  if (kind === "ReplicaSet" && end !== "-" && name.endsWith(end) && name.length > end.length)
    return { kind: "Deployment", namespace, name: name.slice(0, -end.length) }
  return { kind, namespace, name }
}
