/** What the plugin reads of the kubernetes source, what it remembers, and what an operator may set. */
import { Effect, Schema } from "effect"
import { findingKinds, PodSpec, podSpecFields } from "./findings.ts"

const maybe = <S extends Schema.Top>(schema: S) => Schema.optionalKey(Schema.NullOr(schema))

/** The resources that it looks at, as RBAC names them. */
export const resources = ["deployments.apps", "statefulsets.apps", "daemonsets.apps"] as const

// As much as a workload says of how far its pods are what its template is. What each kind calls them differs.
const Status = Schema.Struct({
  observedGeneration: maybe(Schema.Number),
  replicas: maybe(Schema.Number),
  updatedReplicas: maybe(Schema.Number),
  readyReplicas: maybe(Schema.Number),
  desiredNumberScheduled: maybe(Schema.Number),
  updatedNumberScheduled: maybe(Schema.Number),
  numberReady: maybe(Schema.Number)
})

/** A workload that has appeared, changed or gone. */
export const Change = Schema.Struct({
  kind: Schema.Literal("object"),
  seen_at: Schema.String,
  resource: Schema.Literals(resources),
  change: Schema.Literals(["added", "modified", "deleted"]),
  object: Schema.Struct({
    metadata: Schema.Struct({ generation: maybe(Schema.Number), deletionTimestamp: maybe(Schema.String) }),
    spec: Schema.Struct({ replicas: maybe(Schema.Number), template: Schema.Struct({ spec: PodSpec }) }),
    status: maybe(Status)
  })
})
export type Change = typeof Change.Type

/** A workload, or another event of the same source, of which this plugin makes nothing. */
export const Event = Schema.Union([Change, Schema.Struct({ kind: Schema.Literals(["object", "workload", "sweep"]) })])

/** As much of an event as is asked for. */
export const fields: ReadonlyArray<string> = [
  ...["/kind", "/seen_at", "/resource", "/change", "/object/metadata/generation", "/object/metadata/deletionTimestamp"],
  "/object/spec/replicas",
  ...podSpecFields.map((field) => `/object/spec/template/spec${field}`),
  ...Object.keys(Status.fields).map((field) => `/object/status/${field}`)
]

const Known = Schema.Struct({
  kind: Schema.Literals(findingKinds),
  container: Schema.String,
  /** Unix milliseconds of the first time that it was seen. */
  since: Schema.Int
})

/** What is remembered of one workload: what was found and stands, and what was resolved and counts no second time. */
export const Memory = Schema.Struct({
  standing: Schema.Array(Known),
  resolved: Schema.Array(Schema.Struct({ kind: Schema.Literals(findingKinds), container: Schema.String }))
})
export type Memory = typeof Memory.Type

/** What an operator may set. */
export const Configuration = Schema.Struct({
  standing_hours: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 8760 }))
    .annotate({ description: "A finding must have been known for so long before its end counts." })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed(24))),
  ignore: Schema.Array(Schema.Literals(findingKinds))
    .annotate({ description: "Kinds of findings that are none here." })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed([])))
})
export type Configuration = typeof Configuration.Type
