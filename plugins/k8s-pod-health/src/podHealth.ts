/** What is wrong with one pod, told by its status alone, in words from a closed list. */
import { Schema } from "effect"

// The API server writes null where other servers leave a field out.
const maybe = <S extends Schema.Top>(schema: S) => Schema.optionalKey(Schema.NullOr(schema))

const ContainerStatus = Schema.Struct({
  restartCount: maybe(Schema.Number),
  state: maybe(
    Schema.Struct({
      waiting: maybe(Schema.Struct({ reason: maybe(Schema.String) })),
      running: maybe(Schema.Struct({ startedAt: maybe(Schema.String) }))
    })
  )
})

// The API server takes no longer one, and a memory has to hold some.
const Label = Schema.String.check(Schema.isMaxLength(63))

/** As much of a pod as its health can be told by. */
export const Pod = Schema.Struct({
  metadata: maybe(
    Schema.Struct({
      creationTimestamp: maybe(Schema.String),
      deletionTimestamp: maybe(Schema.String),
      labels: maybe(Schema.Struct({ "pod-template-hash": maybe(Label), "controller-revision-hash": maybe(Label) }))
    })
  ),
  status: maybe(
    Schema.Struct({
      phase: maybe(Schema.String),
      conditions: maybe(
        Schema.Array(
          Schema.Struct({
            type: maybe(Schema.String),
            status: maybe(Schema.String),
            lastTransitionTime: maybe(Schema.String)
          })
        )
      ),
      initContainerStatuses: maybe(Schema.Array(ContainerStatus)),
      containerStatuses: maybe(Schema.Array(ContainerStatus))
    })
  )
})
export type Pod = typeof Pod.Type

/** The fields of {@link Pod}, below a pod. */
export const podFields: ReadonlyArray<string> = [
  "/metadata/creationTimestamp",
  "/metadata/deletionTimestamp",
  "/metadata/labels/pod-template-hash",
  "/metadata/labels/controller-revision-hash",
  "/status/phase",
  "/status/conditions/*/type",
  "/status/conditions/*/status",
  "/status/conditions/*/lastTransitionTime",
  ...["initContainerStatuses", "containerStatuses"].flatMap((list) => [
    `/status/${list}/*/restartCount`,
    `/status/${list}/*/state/waiting/reason`,
    `/status/${list}/*/state/running/startedAt`
  ])
]

/** Everything that can be wrong, the more telling first. */
export const ailments = ["crash-loop", "image-pull", "container-config", "restarts", "pending", "not-ready"] as const
export type Ailment = (typeof ailments)[number]

// The kubelet's own words.
const waitingReasons: ReadonlyMap<string, Ailment> = new Map([
  ["CrashLoopBackOff", "crash-loop"],
  ["ErrImagePull", "image-pull"],
  ["ImagePullBackOff", "image-pull"],
  ["InvalidImageName", "image-pull"],
  ["ErrImageNeverPull", "image-pull"],
  ["ImageInspectError", "image-pull"],
  ["RegistryUnavailable", "image-pull"],
  ["CreateContainerConfigError", "container-config"],
  ["CreateContainerError", "container-config"],
  ["RunContainerError", "container-config"]
])

/** When a pod is given up on, in milliseconds and counts. */
export interface Patience {
  /** A pod may be pending, or not ready, for this long. */
  readonly startMs: number
  /** From so many restarts on, a container that started less than `holdMs` ago is not trusted. */
  readonly restarts: number
  readonly holdMs: number
}

/** Milliseconds of an RFC 3339 time; null where there is none. */
export const timeOf = (text: string | null | undefined): number | null => {
  const at = typeof text === "string" ? Date.parse(text) : Number.NaN
  return Number.isFinite(at) ? at : null
}

/** Whether the pod is there to run: neither at its end nor on its way out. */
export const isLive = ({ metadata, status }: Pod): boolean =>
  (metadata?.deletionTimestamp ?? null) === null && status?.phase !== "Succeeded" && status?.phase !== "Failed"

const containersOf = ({ status }: Pod) => [
  ...(status?.initContainerStatuses ?? []),
  ...(status?.containerStatuses ?? [])
]

const readyCondition = ({ status }: Pod) => (status?.conditions ?? []).find(({ type }) => type === "Ready")

/** Whether the pod runs and says that it is ready. */
export const isReady = (pod: Pod): boolean => pod.status?.phase === "Running" && readyCondition(pod)?.status === "True"

/** Since when it has been ready, and no container of it has started anew; null where that is not known. */
export const readySince = (pod: Pod): number | null => {
  const ready = timeOf(readyCondition(pod)?.lastTransitionTime)
  if (ready === null) return null
  const started = (pod.status?.containerStatuses ?? []).map(({ state }) => timeOf(state?.running?.startedAt) ?? ready)
  return Math.max(ready, ...started)
}

/** Which revision of the workload it is of; empty where its controller does not say. */
export const revisionOf = ({ metadata }: Pod): string =>
  metadata?.labels?.["pod-template-hash"] ?? metadata?.labels?.["controller-revision-hash"] ?? ""

/** What is wrong with a live pod at the moment `now`; null where nothing is, or where it may still come up. */
export const ailmentOf = (pod: Pod, now: number, { holdMs, restarts, startMs }: Patience): Ailment | null => {
  const containers = containersOf(pod)
  const waiting = containers.flatMap(({ state }) => waitingReasons.get(state?.waiting?.reason ?? "") ?? [])
  const worst = ailments.find((ailment) => waiting.includes(ailment))
  if (worst !== undefined) return worst
  const restarting = containers.some(({ restartCount, state }) => {
    const started = timeOf(state?.running?.startedAt)
    return (restartCount ?? 0) >= restarts && started !== null && now - started < holdMs
  })
  if (restarting) return "restarts"
  if (isReady(pod)) return null
  const pending = pod.status?.phase === "Pending"
  const since = timeOf(pending ? pod.metadata?.creationTimestamp : readyCondition(pod)?.lastTransitionTime)
  if (since === null || now - since < startMs) return null
  return pending ? "pending" : "not-ready"
}
