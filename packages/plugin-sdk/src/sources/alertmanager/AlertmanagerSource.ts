/**
 * The alerts of one Alertmanager: each change of each alert is told once, whether its webhook or a poll came first. It
 * invents none: absence is a resolution only after two complete lists of an Alertmanager that has been up for a while.
 */
import { Clock, Effect, Semaphore } from "effect"
import { type ObservationSink, type Source, SourceFailed } from "../../contract/Source.ts"
import { isAuthorized } from "../http/Credential.ts"
import { readAuthority } from "../http/readAuthority.ts"
import type { Named } from "../localObservation.ts"
import { pollForEver } from "../pollForEver.ts"
import { makeReceiver, type Receive, type Receiver } from "../receive/Receiver.ts"
import { mediaTypeOf } from "../receive/readBody.ts"
import { accept, type RefusalCode } from "../receive/refusal.ts"
import type { SourceMemory } from "../SourceMemory.ts"
import { makeSourceStatus } from "../SourceStatus.ts"
import { type AlertmanagerOptions, everySecondsDefault, settleSecondsDefault } from "./AlertmanagerOptions.ts"
import { seenInHook } from "./alertMessages.ts"
import { type KnownAlerts, keyOf, reconcileAlerts, type SeenAlert, seeAlert, type Transition } from "./alertStates.ts"
import { askAlertmanager } from "./askAlertmanager.ts"
import { alertSourceType, observeAlert } from "./observeAlert.ts"
import { boundAlerts, encodeAlerts, recallAlerts } from "./rememberAlerts.ts"

/** A source of alerts. `handle` and `routes` are its webhook; without `webhook` in its options they let nobody in. */
export interface AlertmanagerSource extends Source, Pick<Receiver, "handle" | "routes"> {}

// Hundreds of alerts in one message; Alertmanager's `max_alerts` makes it smaller.
const hookBounds = { bytesMax: 4 * 1024 * 1024, msMax: 10_000 }

// A poll that waits for room holds the alerts; a webhook may come again.
const hookWaitMs = 5_000

// The instances of a cluster, and the times that they were started while this agent ran.
const startsMax = 32

interface Changes {
  readonly known: KnownAlerts
  readonly transitions: ReadonlyArray<Transition>
}

/** What a webhook changes. That an alert fires is no news of one that goes on: a silence may have come after the message. */
const reconcileHook = (known: KnownAlerts, list: ReadonlyArray<SeenAlert>): Changes => {
  const next = new Map(known)
  const transitions = list.flatMap((alert): ReadonlyArray<Transition> => {
    const before = next.get(keyOf(alert)) ?? null
    if (alert.status === "firing" && before !== null) return []
    const step = seeAlert(before, alert)
    if (step.next === null) next.delete(keyOf(alert))
    else next.set(keyOf(alert), step.next)
    return step.transition === null ? [] : [step.transition]
  })
  return { known: next, transitions }
}

/** Tells when the absence of an alert begins to mean something, by this machine's clock alone. */
const makeSettling = (settleMs: number) => {
  const firstSeen = new Map<string, number>()
  return (startedAt: string, nowMs: number): boolean => {
    const since = firstSeen.get(startedAt) ?? nowMs
    firstSeen.set(startedAt, since)
    const [oldest] = firstSeen.keys()
    if (firstSeen.size > startsMax && oldest !== undefined) firstSeen.delete(oldest)
    return nowMs - since >= settleMs
  }
}

/** Watches one Alertmanager. `memory` lets it notice a resolution that it missed while the agent was down. */
export const makeAlertmanagerSource = Effect.fn("makeAlertmanagerSource")(function* (
  options: AlertmanagerOptions & Named,
  memory: SourceMemory
) {
  const { name, poll, webhook } = options
  if (poll === undefined && webhook === undefined) {
    return yield* new SourceFailed({ source: name, reason: "it needs a poll, a webhook, or both" })
  }
  const ca = yield* readAuthority(name, poll?.ca_file)
  const status = yield* makeSourceStatus
  // One at a time: a webhook between a poll's list and what becomes of it would be taken back.
  const lock = yield* Semaphore.make(1)
  let known: KnownAlerts = new Map()

  // Handed over first, remembered after: whoever is killed in between hands over the same once more.
  const commit = Effect.fnUntraced(function* <E>(
    change: (now: KnownAlerts, nowMs: number) => Changes,
    handOver: (transition: Transition, nowMs: number) => Effect.Effect<void, E>
  ) {
    const nowMs = yield* Clock.currentTimeMillis
    const after = change(known, nowMs)
    yield* Effect.forEach(after.transitions, (transition) => handOver(transition, nowMs), { discard: true })
    known = boundAlerts(after.known)
    if (after.transitions.length > 0) yield* memory.put(encodeAlerts(known))
  }, lock.withPermits(1))

  const admit: Receive["admit"] = (request) => {
    if (webhook === undefined || !isAuthorized(request.headers.authorization, webhook.credential)) {
      return Effect.fail("bad_credential")
    }
    return mediaTypeOf(request) === "application/json"
      ? Effect.succeed(hookBounds)
      : Effect.fail("unsupported_media_type")
  }

  const take: Receive["take"] = Effect.fnUntraced(function* (_, body, sink) {
    const alerts = yield* Effect.mapError(seenInHook(body), (): RefusalCode => "bad_body")
    yield* commit(
      (now) => reconcileHook(now, alerts),
      (transition, nowMs) => status.offer(sink, observeAlert(options, transition, nowMs))
    ).pipe(
      Effect.timeout(hookWaitMs),
      Effect.mapError((): RefusalCode => "observations_full")
    )
    return accept("taken")
  })

  const settled = makeSettling((poll?.settle_seconds ?? settleSecondsDefault) * 1000)
  const look = (sink: ObservationSink, url: string) =>
    askAlertmanager({ url, ca, credential: poll?.credential }).pipe(
      Effect.flatMap(({ alerts, startedAt }) =>
        commit(
          (now, nowMs) => reconcileAlerts(now, alerts, { nowMs, settled: settled(startedAt, nowMs) }),
          (transition, nowMs) => status.put(sink, observeAlert(options, transition, nowMs))
        )
      )
    )

  const receiver = yield* makeReceiver(name, { admit, take })
  const source: AlertmanagerSource = {
    name,
    sourceType: alertSourceType,
    state: status.state,
    handle: receiver.handle,
    routes: receiver.routes,
    run: Effect.fnUntraced(function* (sink): Effect.fn.Return<never, SourceFailed> {
      known = recallAlerts(yield* memory.get)
      const hook = webhook === undefined ? Effect.never : receiver.open(sink)
      if (poll === undefined) return yield* Effect.andThen(status.watching, hook)
      const everyMs = (poll.every_seconds ?? everySecondsDefault) * 1000
      return yield* Effect.raceFirst(hook, pollForEver(everyMs, status, look(sink, poll.url)))
    })
  }
  return source
})
