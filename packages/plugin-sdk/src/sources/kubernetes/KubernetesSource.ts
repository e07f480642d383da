/**
 * A cluster as a source, read-only: workloads with their pods, single objects, whole sweeps. What is told is cut to the fields
 * that were asked for first, and memory is bounded by what is watched: a subject that changes while it waits is told once.
 */
import { Clock, Effect, Redacted, type Scope, Semaphore, Stream } from "effect"
import type { KubernetesObject } from "../../contract/KubernetesEvent.ts"
import type { Observation } from "../../contract/Observation.ts"
import { type ObservationSink, type Source, SourceFailed } from "../../contract/Source.ts"
import { clusterOf } from "./clusterOf.ts"
import { type KubeClient, makeKubeClient } from "./KubeClient.ts"
import { inClusterConnection, loadKubeConfig } from "./KubeConfig.ts"
import type { KubeConnection } from "./KubeConnection.ts"
import { kubeFailed } from "./KubeFailed.ts"
import type { KubernetesSettings, KubernetesSweep } from "./KubernetesSettings.ts"
import { compileFields, keepFields } from "./keepFields.ts"
import { observeSweep, type Watcher } from "./kubernetesObservation.ts"
import type { Quiet } from "./pendingSubjects.ts"
import { makeSourceHealth } from "./SourceHealth.ts"
import { makeSubjectPump, type PumpPace, type Watched } from "./SubjectPump.ts"
import { type Swept, sweepForEver } from "./sweepResource.ts"
import { makeWorkloadTable } from "./WorkloadTable.ts"
import { defaultPace, type ReflectorPace, watchResource } from "./watchResource.ts"
import { workloadOf } from "./workloadOf.ts"

/** A source's settings, its name, and what tests have otherwise. */
export interface KubernetesSourceOptions extends KubernetesSettings {
  readonly name: string
  /** Instead of what the settings name. */
  readonly connection?: KubeConnection
  /**
   * What is kept of an object of a resource that the settings do not name, read each time that the source is run: what the plugins
   * ask for, as `fieldsOfPlugins` puts it together. Without it, and where it is empty, everything.
   */
  readonly askedFields?: Effect.Effect<ReadonlyArray<string>>
  readonly pace?: Partial<ReflectorPace & PumpPace>
}

// Longer than a fix has to hold before pod-health believes it.
const quietMinutes = 15

/** A rollout of many pods is quiet for two seconds when it is over, or told every half minute while it is not. */
export const defaultQuiet: Quiet = { quietMs: 2_000, waitMsMax: 30_000 }

type Put = (observation: Observation) => Effect.Effect<void>

const secretsResource = "secrets"

const watchedOf = ({ watch = [] }: KubernetesSettings): ReadonlyArray<Watched> =>
  watch.flatMap(({ group_by, label_selector, namespaces, resource }, at) =>
    (namespaces ?? [null]).map((namespace) => ({
      part: `watch ${at} ${namespace ?? ""}`,
      resource,
      namespace,
      labelSelector: label_selector,
      table: group_by === "workload" ? makeWorkloadTable() : null,
      complete: false,
      sees: false
    }))
  )

const sweepsOf = ({ sweep = [] }: KubernetesSettings): ReadonlyArray<typeof KubernetesSweep.Type> =>
  "resource" in sweep ? [sweep] : sweep

const connectionOf = (options: KubernetesSourceOptions) => {
  if (options.connection !== undefined) return Effect.succeed(options.connection)
  if (options.kubeconfig === undefined) return inClusterConnection()
  return loadKubeConfig(options.kubeconfig, { context: options.context, allowInsecure: options.allow_insecure })
}

/** A source of a cluster. Fails where its settings cannot work; a cluster that is not there yet is waited for. */
export const makeKubernetesSource = Effect.fn("makeKubernetesSource")(function* (
  options: KubernetesSourceOptions
): Effect.fn.Return<Source, SourceFailed, Scope.Scope> {
  const { name } = options
  const failed = (reason: string) => new SourceFailed({ source: name, reason })
  const sweeps = sweepsOf(options)
  if ((options.watch ?? []).some(({ group_by, resource }) => group_by === "workload" && resource !== "pods"))
    return yield* failed("only pods can be grouped by workload")
  if ((options.watch ?? []).length + sweeps.length === 0) return yield* failed("it watches and sweeps nothing")
  if ((options.in_cluster ?? options.kubeconfig === undefined) !== (options.kubeconfig === undefined))
    return yield* failed("either a kubeconfig or in_cluster: true is expected")
  const connection = yield* Effect.mapError(connectionOf(options), ({ reason }) => failed(reason))
  const client: KubeClient = yield* makeKubeClient(connection)
  const health = yield* makeSourceHealth
  const againMs = (options.quiet_minutes ?? quietMinutes) * 60_000
  const pace = { ...defaultPace, ...defaultQuiet, againMs, ...options.pace }
  const actor: Observation["actor"] = {
    identifier: Redacted.make(options.actor, { label: "actor" }),
    type: options.actor_type ?? "human"
  }

  const keepWith = (asked: ReadonlyArray<string>) => (resource: string) => {
    const fields = compileFields(options.fields?.[resource] ?? asked)
    const secrets = { isSecret: resource === secretsResource, approved: options.secret_fields ?? [] }
    return (object: KubernetesObject) => JSON.stringify(keepFields(object, fields, secrets))
  }

  const sweepWith = (watcher: Watcher, keeperOf: ReturnType<typeof keepWith>, put: Put) =>
    sweeps.map(({ every_minutes, label_selector, namespaces, resource }, at) => {
      const part = `sweep ${at}`
      const found = Effect.fnUntraced(function* (swept: Swept, slot: number) {
        const observations = observeSweep(watcher, resource, slot, swept, yield* Clock.currentTimeMillis)
        if (observations === null) return yield* kubeFailed("too_large")
        yield* health.well(part)
        yield* Effect.forEach(observations, put, { discard: true })
      })
      const sweep = {
        client,
        resource,
        namespaces: namespaces ?? [null],
        labelSelector: label_selector,
        everyMs: every_minutes * 60_000,
        keep: keeperOf(resource),
        pace
      }
      return sweepForEver(sweep, { found, failed: ({ code }) => health.degraded(part, code) })
    })

  const run = Effect.fnUntraced(function* (sink: ObservationSink): Effect.fn.Return<never> {
    const units = watchedOf(options)
    yield* health.reset
    yield* Effect.forEach(units, ({ part }) => health.starting(part), { discard: true })
    const cluster = yield* clusterOf(client, pace, (code) => health.degraded("cluster", code))
    yield* health.well("cluster")
    const watcher: Watcher = { cluster, actor }
    const keeperOf = keepWith(yield* options.askedFields ?? Effect.succeed([]))
    const put: Put = (observation) => health.put(sink, observation)
    const pump = yield* makeSubjectPump(watcher, health, pace, put)
    // One list at a time: what several would hold at once adds up.
    const lists = yield* Semaphore.make(1)
    const reflectors = units.map((watched) =>
      watchResource({
        client,
        resource: watched.resource,
        namespace: watched.namespace,
        labelSelector: watched.labelSelector,
        keep: keeperOf(watched.resource),
        ...(watched.table !== null && { ownerOf: workloadOf }),
        pace,
        lists
      }).pipe(Stream.runForEach((event) => pump.onEvent(watched, event)))
    )
    // None of them ends; a defect in one ends all.
    yield* Effect.all([pump.run, ...reflectors, ...sweepWith(watcher, keeperOf, put)], {
      concurrency: "unbounded",
      discard: true
    })
    return yield* Effect.never
  })

  return { name, sourceType: "kubernetes", state: health.state, run }
})
