/** Keeps an agent running: starts it, waits until it answers, and starts it anew after a pause that grows when it ends or falls silent. */
import { type BackOff, backOffMs } from "@farmops/core/http/backOff"
import { Clock, Effect, Latch, Random, Ref, type Scope } from "effect"
import type { AgentHealth } from "../protocol/agentWire.ts"
import { AgentNotReady, type StartAgent } from "./AgentRun.ts"
import { askHealth, waitForHealth } from "./agentHealth.ts"

/** How patient the supervision is. */
export interface Supervision {
  /** For the first answer of a life. */
  readonly startMs: number
  /** Between two looks at an agent that runs. */
  readonly lookMs: number
  readonly backOff: BackOff
  /** A life that was ready for so long wipes out the failures before it. */
  readonly settledMs: number
}

/** A container may load a model first; a look every ten seconds costs nothing beside a task. */
export const supervisionDefault: Supervision = {
  startMs: 60_000,
  lookMs: 10_000,
  backOff: { firstMs: 1000, maxMs: 60_000 },
  settledMs: 60_000
}

// One slow answer under load is no reason to end an agent that thinks.
const silencesMax = 3

type State =
  | { readonly _tag: "Ready"; readonly url: string; readonly health: AgentHealth }
  | { readonly _tag: "Away"; readonly reason: string; readonly permanent: boolean }

/** An agent under supervision. */
export interface SupervisedAgent {
  readonly name: string
  /** Where it answers now. */
  readonly url: Effect.Effect<string, AgentNotReady>
  /** What it said of itself when it became ready. */
  readonly health: Effect.Effect<AgentHealth, AgentNotReady>
  /** Waits for the next time that it is ready, or fails at once where no try can help. */
  readonly whenReady: Effect.Effect<string, AgentNotReady>
  /** Lives so far, the present one included. */
  readonly lives: Effect.Effect<number>
}

/** Comes back when the agent has not answered several times in a row. */
const silence = (url: string, lookMs: number) =>
  Effect.gen(function* () {
    for (let silences = 0; silences < silencesMax; ) {
      yield* Effect.sleep(lookMs)
      silences = (yield* Effect.isSuccess(askHealth(url))) ? 0 : silences + 1
    }
    return `it did not answer /health ${silencesMax} times in a row`
  })

/** Runs in the scope that it is given; closing that ends the agent. */
export const superviseAgent = Effect.fn("superviseAgent")(function* (
  name: string,
  start: StartAgent,
  supervision: Supervision = supervisionDefault
): Effect.fn.Return<SupervisedAgent, never, Scope.Scope> {
  const state = yield* Ref.make<State>({ _tag: "Away", reason: "", permanent: false })
  const lives = yield* Ref.make(0)
  // Open while there is something to tell: it is ready, or it never will be.
  const told = yield* Latch.make(false)

  /** One life; gives why it ended and how long it was ready. */
  const live = Effect.scoped(
    Effect.gen(function* () {
      yield* Ref.update(lives, (count) => count + 1)
      const { ended, url } = yield* start
      const dead = Effect.map(ended, (reason) => ({ dead: reason }))
      const born = yield* Effect.raceFirst(waitForHealth(name, url, supervision.startMs), dead)
      if ("dead" in born) return { reason: born.dead, readyMs: 0, permanent: false }
      const since = yield* Clock.currentTimeMillis
      yield* Ref.set(state, { _tag: "Ready", url, health: born })
      yield* told.open
      yield* Effect.logInfo("agent ready").pipe(Effect.annotateLogs({ agent: name, mind: born.mind }))
      const reason = yield* Effect.raceFirst(ended, silence(url, supervision.lookMs))
      return { reason, readyMs: (yield* Clock.currentTimeMillis) - since, permanent: false }
    })
  ).pipe(
    Effect.catchTag("AgentStartFailed", ({ permanent, reason }) => Effect.succeed({ reason, readyMs: 0, permanent }))
  )

  const keep = Effect.gen(function* () {
    for (let failures = 1; ; failures++) {
      const { permanent, readyMs, reason } = yield* live
      yield* told.close
      yield* Ref.set(state, { _tag: "Away", reason, permanent })
      yield* Effect.logWarning("agent away").pipe(Effect.annotateLogs({ agent: name, reason, permanent }))
      if (permanent) return yield* told.open
      if (readyMs >= supervision.settledMs) failures = 1
      yield* Effect.sleep(backOffMs(supervision.backOff, failures, yield* Random.next))
    }
  })
  yield* Effect.forkScoped(keep)

  const ready = Effect.flatMap(Ref.get(state), (now) =>
    now._tag === "Ready" ? Effect.succeed(now) : Effect.fail(new AgentNotReady({ agent: name, reason: now.reason }))
  )
  const url = Effect.map(ready, (now) => now.url)
  return {
    name,
    url,
    health: Effect.map(ready, (now) => now.health),
    whenReady: Effect.andThen(told.await, url),
    lives: Ref.get(lives)
  }
})
