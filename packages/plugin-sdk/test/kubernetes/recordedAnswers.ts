/** What a kube-apiserver 1.20.2 answered, shortened by hand: fields that no test reads were taken out, none was added. */

const pod = (name: string, uid: string, resourceVersion: string, phase: string) => ({
  metadata: {
    name,
    namespace: "default",
    uid,
    resourceVersion,
    managedFields: [{ manager: "unknown", operation: "Update", fieldsType: "FieldsV1", fieldsV1: { "f:spec": {} } }]
  },
  spec: { containers: [{ name: "main", image: "x" }], restartPolicy: "Always" },
  status: { phase, qosClass: "BestEffort" }
})

const a = "27cc06eb-280e-4cce-b61e-f19893f495ee"
const b = "e5b93037-7009-4fe7-be18-3004c5089bb3"
const c = "751b71fd-d2ea-42c0-8cd7-cf2be5a1c26d"

/** Three pods in pages of two. */
export const firstPage = {
  kind: "PodList",
  apiVersion: "v1",
  metadata: {
    resourceVersion: "205",
    continue: "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MjA1LCJzdGFydCI6ImJcdTAwMDAifQ",
    remainingItemCount: 1
  },
  items: [pod("a", a, "202", "Pending"), pod("b", b, "203", "Pending")]
}
export const lastPage = {
  kind: "PodList",
  apiVersion: "v1",
  metadata: { resourceVersion: "205" },
  items: [pod("c", c, "205", "Pending")]
}

/** A list of custom resources: the server writes its parts in another order. */
export const customList = {
  apiVersion: "test.example/v1",
  items: [{ apiVersion: "test.example/v1", kind: "Tick", metadata: { name: "one", uid: a, resourceVersion: "7" } }],
  kind: "TickList",
  metadata: { continue: "", resourceVersion: "9" }
}

/** The same pods later: one is gone. */
export const laterList = {
  kind: "PodList",
  apiVersion: "v1",
  metadata: { resourceVersion: "300" },
  items: [pod("a", a, "206", "Running"), pod("c", c, "205", "Pending")]
}

const typed = (object: object) => ({ kind: "Pod", apiVersion: "v1", ...object })

export const modifiedLine = { type: "MODIFIED", object: typed(pod("a", a, "206", "Running")) }
export const deletedLine = { type: "DELETED", object: typed(pod("b", b, "207", "Pending")) }
export const bookmarkLine = {
  type: "BOOKMARK",
  object: typed({
    metadata: { resourceVersion: "250", creationTimestamp: null },
    spec: { containers: null },
    status: {}
  })
}
export const expiredLine = {
  type: "ERROR",
  object: {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message: "too old resource version: 205 (306)",
    reason: "Expired",
    code: 410
  }
}

/** The answer to a page that was asked for too late. */
export const expiredPage = {
  kind: "Status",
  apiVersion: "v1",
  metadata: { continue: "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6LTEsInN0YXJ0IjoiYlx1MDAwMCJ9" },
  status: "Failure",
  message: "The provided continue parameter is too old to display a consistent list result.",
  reason: "Expired",
  code: 410
}
export const forbidden = {
  kind: "Status",
  apiVersion: "v1",
  metadata: {},
  status: "Failure",
  message: 'pods is forbidden: User "agent" cannot list resource "pods" in API group "" in the namespace "default"',
  reason: "Forbidden",
  details: { kind: "pods" },
  code: 403
}
