/**
 * Keeps one unit running: starts it again when it ends, later each time, and gives up on what cannot be cured. A call is sent
 * to one start and settles once.
 */
import { backOffMs } from "@farmops/core/http/backOff"
import { Clock, Deferred, Effect, Latch, Random, Result, Schema, type Scope, Semaphore } from "effect"
import type { Observation } from "../../contract/Observation.ts"
import type { Verdict } from "../../contract/Verdict.ts"
import type { CheckedPlugin } from "../launch/checkPlugin.ts"
import { isFinal, type StartedUnit, startUnit } from "../launch/startUnit.ts"
import { type StartFailed, startFailed, type UnitEnd, type UnitLauncher } from "../launch/UnitLaunch.ts"
import { PluginFault } from "../Plugin.ts"
import type { UnitSettings } from "../PluginManifest.ts"
import type { Deactivation } from "../PluginRuntime.ts"
import { countEnd, isSpent } from "./crashBudget.ts"
import type { PluginBoard } from "./PluginBoard.ts"
import { isOut, type Member, makeUnitMembers } from "./UnitMembers.ts"

/** The unit is being stopped and took no part in this call: its successor, if there is one, may be asked. */
export class UnitClosed extends Schema.TaggedError<UnitClosed>()("UnitClosed", {}) {}

/** A supervised unit. It stops with the scope it was made in. */
export interface Unit {
  readonly spec: UnitSettings
  /** What its first start failed with, plugin by plugin; nothing where all are ready. */
  readonly first: Effect.Effect<ReadonlyArray<StartFailed>>
  /** Its plugins as they last started well, without those that are deactivated. */
  readonly plugins: () => ReadonlyArray<CheckedPlugin>
  /** `version` is that of the checked plugin which the caller knows. */
  readonly verify: (
    id: string,
    version: string,
    observation: Observation,
    memory?: Uint8Array
  ) => Effect.Effect<Verdict, PluginFault | UnitClosed>
  readonly blame: (id: string, code: Deactivation) => Effect.Effect<void>
  /** From now on its rows are on the board. */
  readonly attach: Effect.Effect<void>
  /** Takes no further call, leaves the board, and waits for calls in flight within the unit's limit for stopping. */
  readonly drain: Effect.Effect<void>
}

/** How often a supervisor looks. */
export interface Pace {
  /** Whether a plugin that nobody asks is alive. */
  readonly lookMs: number
  /** How much memory it uses. */
  readonly sampleMs: number
}

export const defaultPace: Pace = { lookMs: 30_000, sampleMs: 5_000 }

// A plugin that is alive describes itself at once; one that does not is stuck in a loop that only a signal ends.
const probeMsMax = 1_000
const whyMsMax = 500
const ownFault = "the agent itself failed, see its log"
// Less is no news.
const rssStepBytes = 1024 * 1024

interface Life extends StartedUnit {
  readonly retired: Deferred.Deferred<UnitEnd>
  inFlight: number
}

/** Starts it in the background, once one of the permits of `starts` is free. */
export const superviseUnit = Effect.fnUntraced(function* (
  spec: UnitSettings,
  launcher: UnitLauncher,
  board: PluginBoard,
  pace: Pace = defaultPace,
  starts: Semaphore.Semaphore = Semaphore.makeUnsafe(1)
): Effect.fn.Return<Unit, never, Scope.Scope> {
  const { limits, restart } = spec
  const members = makeUnitMembers(
    spec.plugins.map(({ id }) => id),
    launcher,
    board
  )
  const first = yield* Deferred.make<ReadonlyArray<StartFailed>>()
  // Open while whoever waits for a start has something to look at.
  const news = Latch.makeUnsafe(false)
  const idle = Latch.makeUnsafe(false)
  let life: Life | null = null
  let closing = false

  const retire = (of: Life, end: UnitEnd) =>
    Effect.suspend(() => {
      if (life === of) {
        life = null
        if (!closing) news.closeUnsafe()
      }
      return Effect.asVoid(Deferred.succeed(of.retired, end))
    })

  const stopIfUnused = Effect.suspend(() =>
    life !== null && members.inUse().length === 0
      ? retire(life, { code: "stuck", detail: "none of its plugins is used any more" })
      : Effect.void
  )

  const keepWatch = Effect.fnUntraced(function* (of: Life) {
    for (;;) {
      yield* Effect.sleep(pace.lookMs)
      for (const [id, { asked }] of of.ready) {
        const member = members.get(id)
        if (member === undefined || isOut(member)) continue
        const seen = yield* asked.look(limits.callMsMax)
        if (seen === "alive") yield* members.praise(member)
        else if (seen === "gone") yield* retire(of, { code: "crashed", detail: "nobody listens any more" })
        else {
          yield* members.count(member, "deadline")
          yield* retire(of, { code: "stuck", detail: "it answered nothing any more" })
        }
      }
    }
  })

  const sample = Effect.fnUntraced(function* ({ launched, ready }: Life) {
    for (;;) {
      yield* Effect.sleep(pace.sampleMs)
      const rss = launched.rssBytes()
      for (const id of ready.keys()) {
        const member = members.get(id)
        if (member === undefined || isOut(member) || rss === null) continue
        if (Math.abs(rss - (member.row.rss_bytes ?? 0)) >= rssStepBytes) yield* members.show(member, { rss_bytes: rss })
      }
    }
  })

  // The same objects as before, where nothing changed: what callers made of them stays good.
  const remember = (member: Member, now: CheckedPlugin): CheckedPlugin => {
    const before = member.checked
    const kept =
      before?.version === now.version
        ? { ...now, description: before.description, identity: before.identity, sources: before.sources }
        : now
    member.checked = kept
    return kept
  }

  /** From start to end; what was started is gone when this is over. */
  const liveOnce = Effect.gen(function* () {
    yield* members.showAll({ state: "starting", pid: null, rss_bytes: null })
    yield* Effect.forEach(members.inUse(), ({ id }) => board.started(id), { discard: true })
    const isWanted = (id: string) => members.inUse().some((member) => member.id === id)
    const started = yield* starts.withPermits(1)(startUnit(spec, launcher, isWanted))
    const { failures, launched, ready } = started
    for (const { detail, plugin, reason } of failures) {
      const member = members.get(plugin ?? "")
      // One that does not come up beside others that do will not come up with the next start either.
      if (member !== undefined && (isFinal(reason) || ready.size > 0)) yield* members.deactivate(member, reason, detail)
    }
    const failure = failures.find(({ reason }) => !isFinal(reason)) ?? failures[0]
    if (ready.size === 0 && failure !== undefined) {
      yield* Deferred.succeed(first, failures)
      return yield* failure
    }
    const now: Life = { ...started, retired: yield* Deferred.make<UnitEnd>(), inFlight: 0 }
    for (const [id, plugin] of ready) {
      const member = members.get(id)
      if (member !== undefined) yield* members.showReady(member, remember(member, plugin), launched)
    }
    yield* Deferred.succeed(first, failures)
    life = now
    news.openUnsafe()
    if (launcher.isWatched) yield* Effect.forkScoped(keepWatch(now))
    if (launched.pid !== null) yield* Effect.forkScoped(sample(now))
    const found = yield* Effect.raceFirst(launched.ended, Deferred.await(now.retired))
    yield* retire(now, found)
    if (found.code !== "crashed" || launched.pid === null) return found
    // A call learns first that a process has ended, and nothing of why.
    const why = { duration: whyMsMax, orElse: () => Effect.succeed(found) }
    return yield* Effect.timeoutOrElse(launched.ended, why)
  }).pipe(
    Effect.scoped,
    // A fault of ours in one start or its end must not be the end of all starts.
    Effect.catchDefect((defect) =>
      Effect.gen(function* () {
        yield* Effect.logError("A plugin's start or end failed in the agent itself").pipe(
          Effect.annotateLogs("unit", spec.key)
        )
        yield* Effect.logDebug(defect)
        if (life !== null) yield* retire(life, { code: "crashed", detail: ownFault })
        return yield* startFailed(null)("not_ready", ownFault)
      })
    )
  )

  const giveUp = (reason: Deactivation, detail: string) =>
    Effect.forEach(members.inUse(), (member) => members.deactivate(member, reason, detail), { discard: true })

  const run = Effect.gen(function* () {
    let ends: ReadonlyArray<number> = []
    while (members.inUse().length > 0) {
      const result = yield* Effect.result(liveOnce)
      const isEnd = Result.isSuccess(result)
      const code = isEnd ? result.success.code : result.failure.reason
      const detail = isEnd ? result.success.detail : result.failure.detail
      if (!isEnd && isFinal(result.failure.reason)) yield* giveUp(result.failure.reason, detail)
      // What was stuck was counted by whoever found it.
      if (code !== "stuck") {
        yield* Effect.forEach(members.inUse(), (member) => members.count(member, code), { discard: true })
      }
      ends = countEnd(ends, Number(yield* Clock.monotonicTimeNanos) / 1e6, restart)
      if (isSpent(ends, restart)) yield* giveUp(code === "crashed" || code === "stuck" ? "crash_budget" : code, detail)
      if (!isEnd) yield* Deferred.succeed(first, [result.failure])
      if (members.inUse().length === 0) break
      yield* members.showAll({ state: "backoff", pid: null, rss_bytes: null })
      yield* members.log("A plugin ended and is started again", { unit: spec.key, code })
      yield* Effect.sleep(backOffMs(restart.backOff, ends.length, yield* Random.next))
    }
  }).pipe(Effect.ensuring(Effect.sync(() => news.openUnsafe())))

  const ask = Effect.fnUntraced(function* (
    now: Life,
    member: Member,
    plugin: CheckedPlugin,
    call: { readonly observation: Observation; readonly memory: Uint8Array | undefined }
  ) {
    const late = Effect.fail(new PluginFault({ plugin: member.id, code: "deadline" }))
    const asked = plugin.asked.verify(call.observation, call.memory)
    const bounded =
      plugin.callMsMax < limits.callMsMax
        ? Effect.timeoutOrElse(asked, { duration: plugin.callMsMax, orElse: () => late })
        : asked
    const answer = yield* Effect.result(bounded)
    if (Result.isSuccess(answer)) {
      yield* members.praise(member)
      return answer.success
    }
    const { code } = answer.failure
    if (code === "crashed") yield* retire(now, { code: "crashed", detail: "it ended during a call" })
    else if (code !== "too_large") yield* members.count(member, code)
    if (code === "deadline" && launcher.isWatched && (yield* plugin.asked.look(probeMsMax)) !== "alive") {
      yield* retire(now, { code: "stuck", detail: "it answered nothing any more" })
    }
    return yield* answer.failure
  })

  yield* Effect.forkScoped(run)

  return {
    spec,
    first: Deferred.await(first),
    plugins: () => members.inUse().flatMap(({ checked }) => (checked === null ? [] : [checked])),
    verify: Effect.fnUntraced(function* (id, version, observation, memory) {
      const member = members.get(id)
      const fault = (code: PluginFault["code"]) => Effect.fail(new PluginFault({ plugin: id, code }))
      const enter = Effect.suspend((): Effect.Effect<Life | null, PluginFault | UnitClosed> => {
        if (closing || member === undefined) return Effect.fail(new UnitClosed())
        if (isOut(member)) return fault("deactivated")
        if (life !== null) life.inFlight++
        return Effect.succeed(life)
      })
      const leave = (now: Life | null) =>
        Effect.sync(() => {
          if (now !== null) now.inFlight--
          if (closing && now?.inFlight === 0) idle.openUnsafe()
        })
      const use = (now: Life | null) => {
        const plugin = now?.ready.get(id)
        if (now === null || member === undefined) return Effect.succeed(null)
        if (plugin === undefined) return fault("deactivated")
        return plugin.version === version ? ask(now, member, plugin, { observation, memory }) : fault("replaced")
      }
      for (;;) {
        const verdict = yield* Effect.acquireUseRelease(enter, use, leave)
        if (verdict !== null) return verdict
        // Between two starts. A caller may not wait for ever, and what it waited for is no new fault.
        yield* Effect.timeoutOrElse(news.await, { duration: limits.readyMsMax, orElse: () => fault("not_ready") })
      }
    }),
    blame: Effect.fnUntraced(function* (id: string, code: Deactivation) {
      const member = members.get(id)
      if (member === undefined || isOut(member)) return
      yield* members.blame(member, code)
      yield* stopIfUnused
    }),
    attach: members.attach(true),
    drain: Effect.gen(function* () {
      closing = true
      news.openUnsafe()
      yield* members.attach(false)
      if (life === null || life.inFlight === 0) return
      yield* Effect.timeoutOption(idle.await, limits.stopMsMax)
    })
  }
})
