/** What an operator may write of a cluster: which one, what of it is watched, and what of an object is kept. */
import { actorTypes } from "@farmops/proof/vocabulary"
import { Schema } from "effect"
import { isResourceName } from "./resolveResource.ts"

/** A resource as RBAC names it, with its group where it has one. */
const Resource = Schema.String.check(
  Schema.makeFilter((text) => isResourceName(text) || "a resource as RBAC names it: pods, deployments.apps")
)

const Pointer = Schema.String.check(
  Schema.isPattern(/^(?:\/[^/]+)+$/, { message: "a JSON Pointer into an object, such as /status/phase" })
)

const SecretKey = Schema.String.check(
  Schema.isPattern(/^\/(?:data|stringData)\/(?!\*$)[^/]+$/, { message: "one key of a Secret's data: /data/tls.crt" })
)

// The API server takes longer ones, and no operator writes them.
const Selector = Schema.String.check(Schema.isMaxLength(1024))

const namespaces = Schema.optionalKey(Schema.NonEmptyArray(Schema.NonEmptyString))

/** One resource that is watched. */
export const KubernetesWatch = Schema.Struct({
  resource: Resource,
  /** `workload` puts pods together by the topmost owner that they name; without it each object stands for itself. */
  group_by: Schema.optionalKey(Schema.Literal("workload")),
  /** All of them without it, for which the agent needs a ClusterRole. */
  namespaces,
  label_selector: Schema.optionalKey(Selector)
})

/** One resource that is looked at whole, every so often. */
export const KubernetesSweep = Schema.Struct({
  resource: Resource,
  /** From every minute to once a week. */
  every_minutes: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 7 * 24 * 60 })),
  namespaces,
  label_selector: Schema.optionalKey(Selector)
})

/** The settings of a kubernetes source. */
export const KubernetesSettings = Schema.Struct({
  /** Says what is so without a kubeconfig: the pod's own ServiceAccount. */
  in_cluster: Schema.optionalKey(Schema.Boolean),
  /** A kubeconfig file. Without it the pod's own ServiceAccount. */
  kubeconfig: Schema.optionalKey(Schema.NonEmptyString),
  context: Schema.optionalKey(Schema.NonEmptyString),
  /** Takes any certificate, and plain HTTP to another machine, where the kubeconfig says so. */
  allow_insecure: Schema.optionalKey(Schema.Boolean),
  watch: Schema.optionalKey(Schema.Array(KubernetesWatch)),
  sweep: Schema.optionalKey(Schema.Union([KubernetesSweep, Schema.Array(KubernetesSweep)])),
  /** After so many minutes without a change a workload is told once more, so that a plugin can see that its state holds. 15 without it. */
  quiet_minutes: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 24 * 60 }))),
  /** By resource, what is kept of an object before anything is stored; without an entry what the plugins ask for. */
  fields: Schema.optionalKey(Schema.Record(Schema.String, Schema.Array(Pointer))),
  /** Keys of Secrets' data that may be kept. None without it, whatever `fields` say. */
  secret_fields: Schema.optionalKey(Schema.Array(SecretKey)),
  /** Whose work this counts as: a watcher is not told who did it. Hashed before anything leaves the agent. */
  actor: Schema.NonEmptyString,
  /** `human` unless said otherwise. */
  actor_type: Schema.optionalKey(Schema.Literals(actorTypes))
})
export type KubernetesSettings = typeof KubernetesSettings.Type
