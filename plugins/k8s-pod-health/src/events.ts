/** What the plugin reads of the kubernetes source, what it remembers, and what an operator may set. */
import { Effect, Schema } from "effect"
import { ailments, Pod, podFields } from "./podHealth.ts"

/** No cluster has more pods or namespaces; a count that grows beyond stays at it. */
export const countMax = 1_000_000

const Count = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: countMax }))
// More do not fit a message.
const Pods = Schema.Array(Pod).check(Schema.isMaxLength(100_000))
const Part = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: countMax }))

/** The pods of one workload at one moment. */
export const Workload = Schema.Struct({
  kind: Schema.Literal("workload"),
  seen_at: Schema.String,
  workload: Schema.Struct({ kind: Schema.String }),
  pods: Pods
})
export type Workload = typeof Workload.Type

/** All pods of the cluster, or one part of them. */
export const Sweep = Schema.Struct({
  kind: Schema.Literal("sweep"),
  seen_at: Schema.String,
  resource: Schema.String,
  namespaces: Count,
  objects: Pods,
  part: Part,
  parts: Part
})
export type Sweep = typeof Sweep.Type

/** Either of the two, or an object, of which this plugin makes nothing. */
export const Event = Schema.Union([Workload, Sweep, Schema.Struct({ kind: Schema.Literal("object") })])

/** As much of either as is asked for. */
export const fields: ReadonlyArray<string> = [
  ...["/kind", "/seen_at", "/workload/kind", "/resource", "/namespaces", "/part", "/parts"],
  ...["/pods/*", "/objects/*"].flatMap((list) => podFields.map((field) => `${list}${field}`))
]

const Milliseconds = Schema.Int

/** What is remembered of a workload: its trouble, if it has any, and when it was last credited with a fix. Times are Unix milliseconds. */
export const WorkloadMemory = Schema.Struct({
  kind: Schema.Literal("workload"),
  credited_at: Schema.NullOr(Milliseconds),
  trouble: Schema.NullOr(
    Schema.Struct({
      ailment: Schema.Literals(ailments),
      since: Milliseconds,
      /** When it was first seen without an ailment again; null while it has one. */
      ended: Schema.NullOr(Milliseconds),
      /** The fewest ready pods and the most ailing ones that it had meanwhile. */
      ready_min: Count,
      ailing_max: Count,
      /** Revisions of the pods that ailed. */
      revisions: Schema.Array(Schema.String)
    })
  )
})
export type WorkloadMemory = typeof WorkloadMemory.Type

/** What is remembered of the sweeps: when one last counted, and the sum of the parts of the one that is under way. */
export const SweepMemory = Schema.Struct({
  kind: Schema.Literal("sweep"),
  verified_at: Schema.NullOr(Milliseconds),
  part: Count,
  parts: Count,
  pods: Count,
  ailing: Count
})
export type SweepMemory = typeof SweepMemory.Type

/** Whichever the subject is. */
export const Memory = Schema.Union([WorkloadMemory, SweepMemory])

const setting = (value: number, minimum: number, maximum: number, description: string) =>
  Schema.Int.check(Schema.isBetween({ minimum, maximum }))
    .annotate({ description })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed(value)))

/** What an operator may set. */
export const Configuration = Schema.Struct({
  unhealthy_minutes: setting(5, 0, 1440, "A workload that was unhealthy for less is no fix."),
  hold_minutes: setting(10, 0, 1440, "All its pods must have been ready for so long before a fix counts."),
  start_minutes: setting(10, 1, 1440, "A pod that is pending or not ready for longer is unhealthy."),
  restarts: setting(
    3,
    1,
    1000,
    "A container that restarted so often is trusted only when it has run for hold_minutes."
  ),
  again_hours: setting(6, 0, 720, "One fix of the same workload counts in so many hours."),
  sweep_minutes: setting(60, 0, 10_080, "One check of all pods counts in so many minutes.")
})
export type Configuration = typeof Configuration.Type
