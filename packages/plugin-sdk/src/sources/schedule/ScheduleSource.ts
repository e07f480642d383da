/** Tells a plugin that a moment has come that the operator's schedule names. */
import { Clock, Cron, DateTime, Effect, Option, Result, Schema } from "effect"
import type { ScheduleEvent } from "../../contract/LocalEvent.ts"
import { type ObservationSink, type Source, SourceFailed } from "../../contract/Source.ts"
import { memoryOf } from "../changeMark.ts"
import { localFields, type Named, observeLocally } from "../localObservation.ts"
import type { SourceMemory } from "../SourceMemory.ts"
import { makeSourceStatus } from "../SourceStatus.ts"

/** The settings of a schedule, as a configuration file has them. */
export const ScheduleOptions = Schema.Struct({
  ...localFields,
  /** Five fields, or six with seconds first: `30 6 * * 1-5`. */
  cron: Schema.NonEmptyString,
  /** As IANA names them: `Europe/Berlin`. UTC unless said otherwise. */
  time_zone: Schema.optionalKey(Schema.NonEmptyString),
  /** What becomes of moments at which the agent was down: the last of them is told late, or none (the default). */
  missed: Schema.optionalKey(Schema.Literals(["once", "skip"]))
})
export type ScheduleOptions = typeof ScheduleOptions.Type

const Told = Schema.Struct({ due_ms: Schema.Int })

// A clock that is set forward or a machine that slept is noticed this soon.
const sleepMsMax = 60_000

const readCron = ({ cron, name, time_zone = "UTC" }: ScheduleOptions & Named) => {
  const zone = DateTime.zoneMakeNamed(time_zone)
  if (Option.isNone(zone)) return Effect.fail(new SourceFailed({ source: name, reason: "its time_zone is not known" }))
  // The hour that a change of the clocks repeats is told once.
  const parsed = Cron.parse(cron, zone.value, { onDstOverlap: "earlier" })
  if (Result.isFailure(parsed)) {
    return Effect.fail(new SourceFailed({ source: name, reason: "its cron is not five or six fields that cron knows" }))
  }
  // February 30th: cron knows it, and no calendar.
  return Effect.try({
    try: () => {
      Cron.next(parsed.success, 0)
      return parsed.success
    },
    catch: () => new SourceFailed({ source: name, reason: "its cron never comes to be" })
  })
}

/** Tells each moment once. It is due on time, or late by what the agent was down. */
export const makeScheduleSource = Effect.fn("makeScheduleSource")(function* (
  options: ScheduleOptions & Named,
  memory: SourceMemory
): Effect.fn.Return<Source, SourceFailed> {
  const cron = yield* readCron(options)
  const status = yield* makeSourceStatus
  const { recall, remember } = memoryOf(memory, Told)

  const tell = Effect.fnUntraced(function* (sink: ObservationSink, dueMs: number) {
    const due = new Date(dueMs).toISOString()
    const event: ScheduleEvent = { kind: "schedule", due_at: due }
    const observation = yield* observeLocally(options, event, [due], options.cron)
    if (observation !== null) yield* status.put(sink, observation)
    yield* remember({ due_ms: dueMs })
  })

  const waitUntil = Effect.fnUntraced(function* (dueMs: number) {
    for (let nowMs = yield* Clock.currentTimeMillis; nowMs < dueMs; nowMs = yield* Clock.currentTimeMillis) {
      yield* Effect.sleep(Math.min(sleepMsMax, dueMs - nowMs))
    }
  })

  return {
    name: options.name,
    sourceType: options.source_type,
    state: status.state,
    run: Effect.fnUntraced(function* (sink): Effect.fn.Return<never> {
      yield* status.watching
      const startMs = yield* Clock.currentTimeMillis
      const told = yield* recall
      const lastMs = Cron.prev(cron, startMs).getTime()
      if (told !== null && told.due_ms < lastMs && options.missed === "once") yield* tell(sink, lastMs)
      // Nothing is due before the first start.
      else if (told === null) yield* remember({ due_ms: startMs })
      let afterMs = startMs
      while (true) {
        const dueMs = Cron.next(cron, afterMs).getTime()
        yield* waitUntil(dueMs)
        const nowMs = yield* Clock.currentTimeMillis
        // After a sleep of the machine several are due: the last of them stands for all.
        const latestMs = Math.max(dueMs, Cron.prev(cron, nowMs + 1).getTime())
        yield* tell(sink, latestMs)
        afterMs = latestMs
      }
    })
  }
})
