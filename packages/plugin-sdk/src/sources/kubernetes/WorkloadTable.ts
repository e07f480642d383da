/** Which pods each workload has, as a watch tells it. A pod that changes hands leaves one workload and joins another. */
import type { KeptObject } from "./watchResource.ts"
import type { Workload } from "./workloadOf.ts"

/** Workloads by their key, for one watch. */
export interface WorkloadTable {
  /** Takes in a change of a pod and gives the keys of the workloads that are not as they were. */
  readonly apply: (change: "added" | "modified" | "deleted", pod: KeptObject, owner: Workload) => ReadonlyArray<string>
  /** A workload that `apply` named, with the pods that it has now. */
  readonly get: (key: string) => { readonly workload: Workload; readonly pods: ReadonlyArray<KeptObject> } | null
  /** Forgets a workload that has no pods. */
  readonly prune: (key: string) => void
}

const keyOf = ({ kind, name, namespace }: Workload) => `${kind}/${namespace}/${name}`

/** An empty one. */
export const makeWorkloadTable = (): WorkloadTable => {
  const workloads = new Map<string, { readonly workload: Workload; readonly pods: Map<string, KeptObject> }>()
  const homes = new Map<string, string>()

  const leave = (uid: string): ReadonlyArray<string> => {
    const home = homes.get(uid)
    if (home === undefined) return []
    homes.delete(uid)
    workloads.get(home)?.pods.delete(uid)
    return [home]
  }

  return {
    apply: (change, pod, owner) => {
      if (change === "deleted") return leave(pod.uid)
      const key = keyOf(owner)
      const left = homes.get(pod.uid) === key ? [] : leave(pod.uid)
      const entry = workloads.get(key) ?? { workload: owner, pods: new Map<string, KeptObject>() }
      workloads.set(key, entry)
      entry.pods.set(pod.uid, pod)
      homes.set(pod.uid, key)
      return [...left, key]
    },
    get: (key) => {
      const entry = workloads.get(key)
      return entry === undefined ? null : { workload: entry.workload, pods: [...entry.pods.values()] }
    },
    prune: (key) => {
      if (workloads.get(key)?.pods.size === 0) workloads.delete(key)
    }
  }
}
