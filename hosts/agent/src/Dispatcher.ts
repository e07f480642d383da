/**
 * Brings what the store holds to every plugin that wants it, and what comes of that into the chain. Delivery is at least once: an
 * observation leaves the store when each of them has answered, and a proof has its place in the chain before that.
 */
import type { Observation } from "@farmops/plugin-sdk/contract/Observation"
import { type ObservationSink, ObservationsFull } from "@farmops/plugin-sdk/contract/Source"
import { ObservationStore, type PendingObservation } from "@farmops/plugin-sdk/runtime/ObservationStore"
import { PluginRuntime, type PluginStatus } from "@farmops/plugin-sdk/runtime/PluginRuntime"
import { Clock, Effect, Exit, Schedule, Scope, Semaphore, Stream, SubscriptionRef } from "effect"
import { AgentStatus } from "./AgentStatus.ts"
import { makeAnswerObservation } from "./answerObservation.ts"
import { OutboxGate } from "./OutboxGate.ts"
import { isDone, isLost, note, type Outstanding, outstanding, waitsForNobodyElse } from "./outstanding.ts"
import { persist } from "./Pipeline.ts"
import { makePluginLane, type PluginLane } from "./PluginLane.ts"
import { interestOf, isAskable, wantsStored } from "./wantedSources.ts"

// The window is days long; what is over stays this much longer at most.
const expiryEveryMs = 10 * 60_000
// How soon a source that waits for room asks again.
const roomPollMs = 250

// A container that is replaced is back by then; until then what waits for it is worth more than what comes.
const outMsMin = 10 * 60_000

// At once, so that the log has a line for each hundred and not for each.
const madeRoomMax = 100

// What a plugin that ends over an observation, or has to be ended, fails with.
const fatal: ReadonlyArray<string> = ["plugin_crashed", "plugin_deadline"]

const full = "observations_full"
const unwritable = "observations_unwritable"

interface RunningLane extends PluginLane {
  readonly scope: Scope.Closeable
}

/** A running dispatcher. */
export interface Dispatcher {
  /** Where sources put what they see. */
  readonly sink: ObservationSink
}

/** Works until its scope closes. `settled` runs after each answer, whatever became of it. */
export const makeDispatcher = Effect.fnUntraced(function* (clusterAlias: string, settled: Effect.Effect<void>) {
  const gate = yield* OutboxGate
  const runtime = yield* PluginRuntime
  const status = yield* AgentStatus
  const store = yield* ObservationStore
  const answer = yield* makeAnswerObservation(clusterAlias)
  const scope = yield* Effect.scope
  const entries = new Map<number, Outstanding>()
  const lanes = new Map<string, RunningLane>()
  /** Since when each plugin that cannot be asked could not. */
  const outSince = new Map<string, number>()

  const letGo = (observations: number, why: string) =>
    Effect.andThen(
      status.fault("observations_expired"),
      Effect.logWarning(`observations were let go: ${why}`).pipe(Effect.annotateLogs({ observations }))
    )

  // What cannot be finished now is met again at the next start.
  const finishDone = Effect.fnUntraced(function* (some: Iterable<Outstanding>) {
    let lost = 0
    for (const entry of [...some]) {
      const plugins = runtime.status.value
      note(entry, plugins)
      if (!entries.has(entry.position) || !isDone(entry, plugins)) continue
      entries.delete(entry.position)
      const outcome = isLost(entry, plugins) ? "lost" : "settled"
      if (outcome === "lost") lost++
      yield* Effect.catch(store.finish(entry.position, outcome), (error) => status.fault(error._tag))
    }
    if (lost > 0) yield* letGo(lost, "a plugin that they waited for is not expected any more")
  })

  const codeOf = (error: { readonly _tag?: string; readonly code?: string }) => error.code ?? error._tag ?? "unknown"

  const settle = (id: string) =>
    Effect.fn("Dispatcher.settle")(
      function* (position: number) {
        const entry = entries.get(position)
        if (entry === undefined) return
        const plugin = (yield* runtime.plugins).find((one) => one.id === id)
        if (plugin === undefined) return yield* Effect.fail({ code: "plugin_not_there" })
        const observation = yield* store.read(position).pipe(
          Effect.catchTag("ObservationUnreadable", () =>
            // Changed on disk: nobody will ever read it.
            status.fault("observation_unreadable").pipe(Effect.andThen(store.finish(position, "lost")), Effect.as(null))
          )
        )
        if (observation === null) return void entries.delete(position)
        // A reload may have taken the source away from it since.
        if (plugin.sources.has(observation.sourceType)) {
          yield* answer(plugin, observation)
          yield* settled
        } else yield* store.settle(id, observation, null)
        entry.answered.add(id)
        yield* finishDone([entry])
      },
      Effect.catchDefect((defect) =>
        // Its message may hold raw data, its name never does.
        Effect.logError("an observation could not be settled; this is a bug").pipe(
          Effect.annotateLogs({ defect: defect instanceof Error ? defect.name : typeof defect }),
          Effect.andThen(Effect.fail({ code: "internal_error" }))
        )
      ),
      Effect.mapError((error) => {
        const code = codeOf(error)
        return { code, isFatal: fatal.includes(code) }
      })
    )

  const setAside = (id: string) =>
    Effect.fnUntraced(function* (position: number) {
      yield* Effect.logWarning("an observation was set aside: the plugin does not survive it", { plugin: id })
      yield* Effect.catch(store.setAside(id, position), (error) => status.fault(error._tag))
    })

  const pushTo = (id: string, lane: PluginLane, entry: Outstanding) => {
    const plugin = runtime.status.value.find((one) => one.id === id)
    const wanted = plugin !== undefined && wantsStored(plugin, entry.sourceType) === "yes"
    return wanted && !entry.answered.has(id) ? lane.push(entry, entry.setAsideFor.includes(id)) : Effect.void
  }

  const admit = Effect.fnUntraced(function* (pending: PendingObservation) {
    if (entries.has(pending.position)) return
    const entry = outstanding(pending)
    entries.set(entry.position, entry)
    for (const [id, lane] of lanes) yield* pushTo(id, lane, entry)
    yield* finishDone([entry])
  })

  const openLane = Effect.fnUntraced(function* (id: string) {
    const { fault, recovered, stuck } = status
    const own = yield* Scope.fork(scope)
    const lane = yield* Scope.provide(
      makePluginLane({ settle: settle(id), setAside: setAside(id), fault, recovered, stuck }),
      own
    )
    const running: RunningLane = { ...lane, scope: own }
    lanes.set(id, running)
    return running
  })

  /** Gives each plugin its lane and what it has not answered; ends the lanes of those that are gone. */
  const follow = Effect.gen(function* () {
    const plugins = runtime.status.value
    for (const [id, lane] of lanes) {
      if (plugins.some((one) => one.id === id)) continue
      lanes.delete(id)
      outSince.delete(id)
      yield* Scope.close(lane.scope, Exit.void)
    }
    for (const plugin of plugins) {
      const lane = lanes.get(plugin.id) ?? (yield* openLane(plugin.id))
      for (const entry of entries.values()) yield* pushTo(plugin.id, lane, entry)
      yield* lane.setOpen(isAskable(plugin))
      if (isAskable(plugin)) outSince.delete(plugin.id)
      else outSince.set(plugin.id, outSince.get(plugin.id) ?? (yield* Clock.currentTimeMillis))
    }
    yield* finishDone(entries.values())
    yield* plugins.length === 0 ? status.warn("no_plugins") : status.unwarn("no_plugins")
  })

  // A plugin that its owner has not brought back must not stop all others: what waits for nobody else gives way, oldest first.
  const makeRoom = Effect.gen(function* () {
    const plugins = runtime.status.value
    const longAgo = (yield* Clock.currentTimeMillis) - outMsMin
    const isOff = ({ id, state }: PluginStatus) =>
      state === "deactivated" || (outSince.get(id) ?? longAgo + 1) <= longAgo
    const off = new Set(plugins.filter(isOff).map(({ id }) => id))
    if (off.size === 0) return 0
    const gone = [...entries.values()].filter((entry) => waitsForNobodyElse(entry, plugins, off)).slice(0, madeRoomMax)
    for (const { position } of gone) {
      entries.delete(position)
      yield* store.finish(position, "lost")
    }
    if (gone.length > 0) yield* letGo(gone.length, "they waited for a plugin that is not there and the room was needed")
    return gone.length
  })

  const load = Effect.gen(function* () {
    for (let position = 0; ; ) {
      const pending = yield* store.pendingAfter(position)
      const last = pending.at(-1)
      if (last === undefined) return
      for (const one of pending) yield* admit(one)
      position = last.position
    }
  })

  const expire = Effect.gen(function* () {
    const gone = yield* store.expire
    if (gone === 0) return
    yield* letGo(gone, "no plugin had answered within the window")
    const listed = new Set<number>()
    for (let position: number | undefined = 0; position !== undefined; ) {
      const pending: ReadonlyArray<PendingObservation> = yield* store.pendingAfter(position)
      for (const one of pending) listed.add(one.position)
      position = pending.at(-1)?.position
    }
    for (const position of entries.keys()) if (!listed.has(position)) entries.delete(position)
  }).pipe(Effect.catch((error) => status.fault(error._tag)))

  yield* expire
  yield* persist(load, codeOf)
  // A change that comes while the last one is followed waits for it.
  const turn = yield* Semaphore.make(1)
  yield* SubscriptionRef.changes(runtime.status).pipe(
    Stream.map(interestOf),
    Stream.changes,
    Stream.runForEach(() => turn.withPermits(1)(follow)),
    Effect.forkScoped
  )
  yield* Effect.forkScoped(Effect.repeat(Effect.delay(expire, expiryEveryMs), Schedule.forever))

  // Said in the log once, however many are turned away meanwhile.
  const pause = Effect.fnUntraced(function* (code: string) {
    if (status.state.value.warnings.includes(code)) return
    yield* status.warn(code)
    yield* Effect.logWarning("no observation is taken for now; sources wait, and callers are asked to come again", {
      code
    })
  })
  const goOn = Effect.fnUntraced(function* () {
    for (const code of [full, unwritable]) if (status.state.value.warnings.includes(code)) yield* status.unwarn(code)
  })

  // One permit, so that observations of one subject are admitted in the order of their positions.
  const door = yield* Semaphore.make(1)
  const offer = Effect.fnUntraced(function* (observation: Observation) {
    if (yield* gate.isFull) return yield* new ObservationsFull()
    const taken = yield* store.offer(observation).pipe(
      Effect.catchTag("ObservationsFull", (error) =>
        Effect.flatMap(makeRoom, (made) => (made > 0 ? store.offer(observation) : Effect.fail(error)))
      ),
      Effect.tapErrorTag("ObservationsFull", () => pause(full)),
      // A disk that cannot be written has no room either; whoever sent it sends it again.
      Effect.catchTag("ObservationStoreUnavailable", (error) =>
        Effect.andThen(Effect.andThen(status.fault(error._tag), pause(unwritable)), Effect.fail(new ObservationsFull()))
      )
    )
    yield* goOn()
    if (taken !== null) yield* admit(taken)
  }, door.withPermits(1))

  const put = (observation: Observation): Effect.Effect<void> =>
    offer(observation).pipe(Effect.retry(Schedule.spaced(roomPollMs)), Effect.orDie)

  const has = (observationId: string) => Effect.orElseSucceed(store.knows(observationId), () => false)

  const sink: ObservationSink = { offer, put, has }
  return { sink } satisfies Dispatcher
})
