/** Pods as an API server gives them, with names that must not get out. */

/** Minutes after the story's begin, as the API server writes a time. */
export const at = (minutes: number): string => new Date(Date.UTC(2026, 1, 21, 9, 0) + minutes * 60_000).toISOString()

export interface PodChanges {
  readonly name?: string
  readonly revision?: string
  readonly created?: number
  readonly phase?: string
  readonly ready?: boolean
  /** When it became ready, or ceased to be. */
  readonly turned?: number
  readonly waiting?: string
  readonly started?: number
  readonly restarts?: number
  readonly deleted?: boolean
}

/** A pod that is well, but for the changes. */
export const pod = (changes: PodChanges = {}) => {
  const {
    created = -600,
    name = "marker-web-7d9f-x2x4",
    phase = "Running",
    restarts = 0,
    revision = "7d9f",
    waiting
  } = changes
  const { deleted = false, ready = true, turned = -600, started = turned } = changes
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace: "marker-prod",
      uid: "0f1c",
      creationTimestamp: at(created),
      ...(deleted && { deletionTimestamp: at(created + 1) }),
      labels: { app: "marker-web", "pod-template-hash": revision }
    },
    spec: { nodeName: "marker-node-1", containers: [{ name: "marker-main", image: "marker.example/web:1" }] },
    status: {
      phase,
      podIP: "10.1.2.3",
      conditions: [
        { type: "PodScheduled", status: "True", lastTransitionTime: at(created) },
        { type: "Ready", status: ready ? "True" : "False", lastTransitionTime: at(turned) }
      ],
      containerStatuses: [
        {
          name: "marker-main",
          restartCount: restarts,
          ready,
          state: waiting === undefined ? { running: { startedAt: at(started) } } : { waiting: { reason: waiting } }
        }
      ]
    }
  }
}

/** A pod whose image cannot be pulled. */
export const unpulled = (changes: PodChanges = {}) =>
  pod({ phase: "Pending", ready: false, waiting: "ImagePullBackOff", created: 0, turned: 0, ...changes })

/** What the source says of a workload at one minute. */
export const workload = (minute: number, pods: ReadonlyArray<unknown>, kind = "Deployment") => ({
  kind: "workload",
  seen_at: at(minute),
  workload: { kind, namespace: "marker-prod", name: "marker-web" },
  pods
})

/** A sweep, or a part of one. */
export const sweep = (minute: number, objects: ReadonlyArray<unknown>, changes: object = {}) => ({
  kind: "sweep",
  seen_at: at(minute),
  resource: "pods",
  namespaces: 2,
  objects,
  part: 1,
  parts: 1,
  ...changes
})
