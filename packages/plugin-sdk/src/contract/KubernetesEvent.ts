/**
 * What the kubernetes source tells a plugin. Objects are the API's own JSON, cut down to the fields that plugins asked for; a
 * plugin names those below `pods`, `object` and `objects` as its fields: `/pods/*\/status/phase`.
 */
import { Schema } from "effect"

// When the agent saw it so; RFC 3339. A change in this alone is no change.
const seen_at = Schema.String

/** An object as the API server gives it. All of it is raw data. */
export const KubernetesObject = Schema.Record(Schema.String, Schema.Unknown)
export type KubernetesObject = typeof KubernetesObject.Type

/**
 * The pods that one workload has now, sent when any of them has changed, and once more when they have been quiet for a while:
 * only so can a plugin tell that a state holds. The workload is the topmost owner that a pod's own record names: a Deployment,
 * not its ReplicaSet; a pod without an owner is its own. The subject is the workload.
 */
export const WorkloadPods = Schema.Struct({
  kind: Schema.Literal("workload"),
  seen_at,
  workload: Schema.Struct({ kind: Schema.String, namespace: Schema.String, name: Schema.String }),
  pods: Schema.Array(KubernetesObject)
})

/** One object that has appeared, changed in a field that was asked for, or gone. The subject is its uid. */
export const ObjectChange = Schema.Struct({
  kind: Schema.Literal("object"),
  seen_at,
  /** As RBAC names it: `deployments.apps`, `pods`. */
  resource: Schema.String,
  change: Schema.Literals(["added", "modified", "deleted"]),
  object: KubernetesObject
})

/**
 * Every object of a resource at one moment, at the pace that the operator chose; in parts where it would not fit a message. The
 * subject is the resource, the same for every sweep and part.
 */
export const ResourceSweep = Schema.Struct({
  kind: Schema.Literal("sweep"),
  seen_at,
  resource: Schema.String,
  /** In the whole sweep. */
  namespaces: Schema.Int,
  objects: Schema.Array(KubernetesObject),
  /** From 1 to `parts`. */
  part: Schema.Int,
  parts: Schema.Int
})

/** Any of them, told apart by `kind`. */
export const KubernetesEvent = Schema.Union([WorkloadPods, ObjectChange, ResourceSweep])
export type KubernetesEvent = typeof KubernetesEvent.Type
