/**
 * From what reflectors tell to what is handed over: changes are gathered by subject until it has been quiet, and a workload is told
 * once more when it has stayed so. While the sink has no room, everything waits, and each subject as its newest state.
 */
import { Clock, Effect, Latch } from "effect"
import type { Observation } from "../../contract/Observation.ts"
import { opaqueId } from "../opaqueId.ts"
import { observeObject, observeWorkload, type Watcher } from "./kubernetesObservation.ts"
import { makePendingSubjects, type Quiet } from "./pendingSubjects.ts"
import type { SourceHealth } from "./SourceHealth.ts"
import type { WorkloadTable } from "./WorkloadTable.ts"
import type { KeptObject, ResourceEvent } from "./watchResource.ts"
import { workloadOf } from "./workloadOf.ts"

/** One resource in one namespace, or in all. */
export interface Watched {
  /** Its name among the parts of the source. */
  readonly part: string
  readonly resource: string
  readonly namespace: string | null
  readonly labelSelector: string | undefined
  /** Null where each object stands for itself. */
  readonly table: WorkloadTable | null
  /** While a list is incomplete, nothing is said of what it is about. */
  complete: boolean
  /** That a state holds is only told by who can see. */
  sees: boolean
}

/** When a subject is told. */
export interface PumpPace extends Quiet {
  /** How long after it was told a workload that has not changed is told once more. */
  readonly againMs: number
}

/** One pump for all that a source watches. */
export interface SubjectPump {
  readonly onEvent: (watched: Watched, event: ResourceEvent) => Effect.Effect<void>
  readonly run: Effect.Effect<never>
}

interface ChangedObject {
  readonly change: "added" | "modified" | "deleted"
  readonly object: KeptObject
}

interface ChangedWorkload {
  readonly workload: string
  readonly again: boolean
}

interface Waiting {
  readonly watched: Watched
  readonly what: ChangedObject | ChangedWorkload
}

/** Null where an object came and went without being told. */
const mergeChanges = (waited: Waiting, came: Waiting): Waiting | null => {
  if (!("change" in waited.what) || !("change" in came.what)) return came
  if (waited.what.change !== "added") return came
  return came.what.change === "deleted" ? null : { ...came, what: { ...came.what, change: "added" } }
}

const keepLater = (_: Waiting, came: Waiting) => came
const isComplete = ({ watched }: Waiting) => watched.complete
const isSeen = ({ watched }: Waiting) => watched.complete && watched.sees
const never = Number.POSITIVE_INFINITY

/** A pump that hands over with `put`. */
export const makeSubjectPump = Effect.fnUntraced(function* (
  watcher: Watcher,
  health: SourceHealth,
  pace: PumpPace,
  put: (observation: Observation) => Effect.Effect<void>
): Effect.fn.Return<SubjectPump> {
  const pending = makePendingSubjects<Waiting>(pace)
  const settled = makePendingSubjects<Waiting>({ quietMs: pace.againMs, waitMsMax: never })
  const told = new Map<string, string>()
  const news = yield* Latch.make(false)

  const onEvent: SubjectPump["onEvent"] = Effect.fnUntraced(function* (watched, event) {
    if (event._tag === "Changed") {
      const { change, object } = event
      const nowMs = yield* Clock.currentTimeMillis
      const add = (key: string, what: Waiting["what"]) =>
        pending.add(`${watched.part}/${key}`, { watched, what }, nowMs, mergeChanges)
      if (watched.table === null) add(object.uid, { change, object })
      else {
        const workloads = watched.table.apply(change, object, object.owner ?? workloadOf({}))
        for (const workload of workloads) add(workload, { workload, again: false })
      }
      if (watched.complete) yield* news.open
    } else if (event._tag === "Synced") {
      watched.complete = watched.sees = true
      yield* health.well(watched.part)
      yield* news.open
    } else if (event._tag === "Listing") watched.complete = false
    else {
      watched.sees = false
      yield* health.degraded(watched.part, event.code)
    }
  })

  // One that does not fit a message is not told, and shows for as long as it does not.
  const give = (key: string, observation: Observation | null) =>
    observation === null
      ? health.degraded(`size ${key}`, "too_large")
      : Effect.andThen(health.well(`size ${key}`), put(observation))

  const handWorkload = Effect.fnUntraced(function* (watched: Watched, table: WorkloadTable, what: ChangedWorkload) {
    const found = table.get(what.workload)
    if (found === null) return
    const key = `${watched.part}/${what.workload}`
    const content = opaqueId(...found.pods.map(({ kept, uid }) => `${uid} ${kept}`).toSorted())
    // What changed and changed back within the quiet time is no news; what has changed since will be told by itself.
    if ((told.get(key) === content) !== what.again) return
    told.set(key, content)
    const nowMs = yield* Clock.currentTimeMillis
    yield* give(key, observeWorkload(watcher, found.workload, found.pods, what.again, nowMs))
    if (found.pods.length === 0) {
      table.prune(what.workload)
      told.delete(key)
    } else if (!what.again)
      settled.add(key, { watched, what: { ...what, again: true } }, yield* Clock.currentTimeMillis, keepLater)
  })

  const hand = Effect.fnUntraced(function* ({ watched, what }: Waiting) {
    if ("change" in what) {
      const nowMs = yield* Clock.currentTimeMillis
      const observation = observeObject(watcher, watched.resource, what.change, what.object, nowMs)
      yield* give(`${watched.part}/${what.object.uid}`, observation)
    } else if (watched.table !== null) yield* handWorkload(watched, watched.table, what)
  })

  const run = Effect.gen(function* () {
    for (;;) {
      // Closed before it looks: what comes after the look opens it.
      yield* news.close
      const next = pending.nextMs(isComplete) ?? never
      const later = settled.nextMs(isSeen) ?? never
      const nowMs = yield* Clock.currentTimeMillis
      const waitMs = Math.min(next, later) - nowMs
      if (waitMs > 0) {
        // Where something waits already, what comes is due later than that.
        if (next < never) yield* Effect.sleep(waitMs)
        else if (later < never) yield* Effect.raceFirst(Effect.sleep(waitMs), news.await)
        else yield* news.await
        continue
      }
      const due = [...pending.take(nowMs, isComplete), ...settled.take(nowMs, isSeen)]
      yield* Effect.forEach(due, hand, { discard: true })
    }
  })
  return { onEvent, run }
})
