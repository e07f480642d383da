/** Workloads as an API server gives them, with names that must not get out. */

/** Hours after the story's begin. */
export const at = (hours: number): string => new Date(Date.UTC(2026, 1, 21, 9, 0) + hours * 3_600_000).toISOString()

/** A container that has everything and may do nothing. */
export const good = (name = "marker-main", changes: object = {}) => ({
  name,
  image: "marker.example/web:1",
  env: [{ name: "MARKER_PASSWORD", value: "marker-secret" }],
  resources: { requests: { cpu: "100m", memory: "64Mi" }, limits: { cpu: 1, memory: "128Mi" } },
  securityContext: { privileged: false, allowPrivilegeEscalation: false, runAsNonRoot: true },
  ...changes
})

/** One that lacks all resources and may do everything: seven findings. */
export const bad = (name = "marker-main") => ({
  name,
  image: "marker.example/web:1",
  securityContext: { privileged: true }
})

export interface ObjectChanges {
  readonly replicas?: number
  /** Pods that are of the present template; all where it is not said. */
  readonly updated?: number
  /** Pods that are still of an older template. */
  readonly old?: number
  /** Whether it is on its way out. */
  readonly leaving?: boolean
  readonly generation?: number
  readonly pod?: object
  readonly resource?: string
  readonly change?: string
}

/** A workload with these containers, at this hour. */
export const workload = (hour: number, containers: ReadonlyArray<unknown>, changes: ObjectChanges = {}) => {
  const { change = "modified", generation = 2, pod = {}, replicas = 3, resource = "deployments.apps" } = changes
  const { leaving = false, old = 0, updated = replicas } = changes
  return {
    kind: "object",
    seen_at: at(hour),
    resource,
    change,
    object: {
      metadata: {
        name: "marker-web",
        namespace: "marker-prod",
        uid: "0f1c",
        generation,
        ...(leaving && { deletionTimestamp: at(hour) })
      },
      spec: { ...(resource !== "daemonsets.apps" && { replicas }), template: { spec: { containers, ...pod } } },
      status:
        resource === "daemonsets.apps"
          ? {
              observedGeneration: 2,
              desiredNumberScheduled: replicas,
              updatedNumberScheduled: updated,
              numberReady: updated
            }
          : { observedGeneration: 2, replicas: replicas + old, updatedReplicas: updated, readyReplicas: updated }
    }
  }
}
