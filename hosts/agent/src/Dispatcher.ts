/**
 * Brings what the store holds to every plugin that wants it, and what comes of that into the chain. Delivery is at least once: an
 * observation leaves the store when each of them has answered, and a proof has its place in the chain before that.
 */
import type { Observation } from "@farmops/plugin-sdk/contract/Observation"
import { type ObservationSink, ObservationsFull } from "@farmops/plugin-sdk/contract/Source"
import { ObservationStore, type PendingObservation } from "@farmops/plugin-sdk/runtime/ObservationStore"
import { PluginRuntime, type RuntimePlugin } from "@farmops/plugin-sdk/runtime/PluginRuntime"
import { ProofChain } from "@farmops/proof/ProofChain"
import { Effect, Exit, Schedule, Scope, Semaphore, Stream, SubscriptionRef } from "effect"
import { AgentStatus } from "./AgentStatus.ts"
import { type Answer, askPlugin, settlementKey } from "./askPlugin.ts"
import { OutboxGate } from "./OutboxGate.ts"
import { persist } from "./Pipeline.ts"
import { makePluginLane, type PluginLane } from "./PluginLane.ts"
import { interestOf, isAskable, wantsStored } from "./wantedSources.ts"

// The window is days long; what is over stays this much longer at most.
const expiryEveryMs = 10 * 60_000
// How soon a source that waits for room asks again.
const roomPollMs = 250

// At once, so that the log has a line for each hundred and not for each.
const madeRoomMax = 100

const full = "observations_full"
const noMemory = new Uint8Array()

/** What the dispatcher knows of an observation that waits. */
interface Entry extends PendingObservation {
  readonly answered: Set<string>
}

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
  const chain = yield* ProofChain
  const gate = yield* OutboxGate
  const runtime = yield* PluginRuntime
  const status = yield* AgentStatus
  const store = yield* ObservationStore
  const scope = yield* Effect.scope
  const entries = new Map<number, Entry>()
  const lanes = new Map<string, RunningLane>()

  // Until the runtime has named its plugins nobody can say that nobody wants it.
  const isDone = ({ answered, sourceType }: Entry): boolean => {
    const plugins = runtime.status.value
    return plugins.length > 0 && plugins.every((one) => answered.has(one.id) || wantsStored(one, sourceType) === "no")
  }

  // What cannot be finished now is met again at the next start.
  const finishIfDone = Effect.fnUntraced(function* (entry: Entry) {
    if (!entries.has(entry.position) || !isDone(entry)) return
    entries.delete(entry.position)
    yield* Effect.catch(store.finish(entry.position), (error) => status.fault(error._tag))
  })

  const conclude = Effect.fnUntraced(function* (plugin: string, observation: Observation, { examined }: Answer) {
    const refuse = Effect.fnUntraced(function* (code: string) {
      yield* status.fault(code)
      yield* status.count("refused")
    })
    if (examined._tag === "Refused") return yield* refuse(examined.code)
    if (examined._tag !== "Work") return yield* status.count("rejected")
    yield* chain.append(examined.work, settlementKey(plugin, observation.observationId)).pipe(
      Effect.andThen(status.count("proved")),
      Effect.catchTags({
        // A crash came between the proof and the end of its delivery: the rest is done now.
        ObservationAlreadyProved: () => Effect.void,
        WorkRefused: () => refuse("work_refused")
      })
    )
  })

  const recall = (plugin: string, { subject }: Observation) =>
    subject === null
      ? Effect.succeed(noMemory)
      : store
          .recall(plugin, subject)
          .pipe(Effect.catchTag("ObservationUnreadable", () => Effect.as(status.fault("memory_unreadable"), noMemory)))

  const answerOne = Effect.fnUntraced(function* (plugin: RuntimePlugin, observation: Observation) {
    yield* gate.awaitRoom
    const answer = yield* askPlugin(plugin, observation, yield* recall(plugin.id, observation), clusterAlias)
    yield* conclude(plugin.id, observation, answer)
    yield* store.settle(plugin.id, observation, answer.remember)
    yield* settled
  })

  const codeOf = (error: { readonly _tag?: string; readonly code?: string }) => error.code ?? error._tag ?? "unknown"

  const settle = (id: string) =>
    Effect.fn("Dispatcher.settle")(
      function* (position: number) {
        const entry = entries.get(position)
        if (entry === undefined) return
        const plugin = (yield* runtime.plugins).find((one) => one.id === id)
        if (plugin === undefined) return yield* Effect.fail({ code: "plugin_deactivated" })
        const observation = yield* store.read(position).pipe(
          Effect.catchTag("ObservationUnreadable", () =>
            // Changed on disk: nobody will ever read it.
            status.fault("observation_unreadable").pipe(Effect.andThen(store.finish(position, "lost")), Effect.as(null))
          )
        )
        if (observation === null) return void entries.delete(position)
        // A reload may have taken the source away from it since.
        if (plugin.sources.has(observation.sourceType)) yield* answerOne(plugin, observation)
        else yield* store.settle(id, observation, null)
        entry.answered.add(id)
        yield* finishIfDone(entry)
      },
      Effect.catchDefect((defect) =>
        // Its message may hold raw data, its name never does.
        Effect.logError("an observation could not be settled; this is a bug").pipe(
          Effect.annotateLogs({ defect: defect instanceof Error ? defect.name : typeof defect }),
          Effect.andThen(Effect.fail({ code: "internal_error" }))
        )
      ),
      Effect.mapError((error) => ({ code: codeOf(error) }))
    )

  const letGo = (observations: number, why: string) =>
    Effect.andThen(
      status.fault("observations_expired"),
      Effect.logWarning(`observations were let go: ${why}`).pipe(Effect.annotateLogs({ observations }))
    )

  const pushTo = (id: string, lane: PluginLane, entry: Entry) => {
    const plugin = runtime.status.value.find((one) => one.id === id)
    const wanted = plugin !== undefined && wantsStored(plugin, entry.sourceType) === "yes"
    return wanted && !entry.answered.has(id) ? lane.push(entry) : Effect.void
  }

  const admit = Effect.fnUntraced(function* (pending: PendingObservation) {
    if (entries.has(pending.position)) return
    const entry: Entry = { ...pending, answered: new Set(pending.settledBy) }
    entries.set(entry.position, entry)
    for (const [id, lane] of lanes) yield* pushTo(id, lane, entry)
    yield* finishIfDone(entry)
  })

  const openLane = Effect.fnUntraced(function* (id: string) {
    const { fault, recovered, stuck } = status
    const own = yield* Scope.fork(scope)
    const lane = yield* Scope.provide(makePluginLane({ settle: settle(id), fault, recovered, stuck }), own)
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
      yield* Scope.close(lane.scope, Exit.void)
    }
    for (const plugin of plugins) {
      const lane = lanes.get(plugin.id) ?? (yield* openLane(plugin.id))
      for (const entry of entries.values()) yield* pushTo(plugin.id, lane, entry)
      yield* lane.setOpen(isAskable(plugin))
    }
    for (const entry of [...entries.values()]) yield* finishIfDone(entry)
  })

  // A plugin that its owner has not brought back must not stop all others: what waits for nobody else gives way, oldest first.
  const makeRoom = Effect.gen(function* () {
    const off = new Set(runtime.status.value.filter((one) => one.state === "deactivated").map(({ id }) => id))
    const waitsForNobody = ({ answered, sourceType }: Entry) =>
      runtime.status.value.every(
        (one) => answered.has(one.id) || off.has(one.id) || wantsStored(one, sourceType) === "no"
      )
    if (off.size === 0) return 0
    const gone = [...entries.values()].filter(waitsForNobody).slice(0, madeRoomMax)
    for (const { position } of gone) {
      entries.delete(position)
      yield* store.finish(position, "lost")
    }
    if (gone.length > 0) yield* letGo(gone.length, "they waited for a deactivated plugin and the room was needed")
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

  // One permit, so that observations of one subject are admitted in the order of their positions.
  const door = yield* Semaphore.make(1)
  const offer = Effect.fnUntraced(function* (observation: Observation) {
    if (yield* gate.isFull) return yield* new ObservationsFull()
    const taken = yield* store.offer(observation).pipe(
      Effect.catchTag("ObservationsFull", (error) =>
        Effect.flatMap(makeRoom, (made) => (made > 0 ? store.offer(observation) : Effect.fail(error)))
      ),
      Effect.tapErrorTag("ObservationsFull", () => status.warn(full)),
      // A disk that cannot be written has no room either; whoever sent it sends it again.
      Effect.catchTag("ObservationStoreUnavailable", (error) =>
        Effect.andThen(status.fault(error._tag), Effect.fail(new ObservationsFull()))
      )
    )
    if (status.state.value.warnings.includes(full)) yield* status.unwarn(full)
    if (taken !== null) yield* admit(taken)
  }, door.withPermits(1))

  const put = (observation: Observation): Effect.Effect<void> =>
    offer(observation).pipe(Effect.retry(Schedule.spaced(roomPollMs)), Effect.orDie)

  const has = (observationId: string) => Effect.orElseSucceed(store.knows(observationId), () => false)

  const sink: ObservationSink = { offer, put, has }
  return { sink } satisfies Dispatcher
})
