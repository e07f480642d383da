import { describe, expect, it } from "@effect/vitest"
import { makeAlertmanagerSource } from "@farmops/plugin-sdk/sources/alertmanager/AlertmanagerSource"
import { layerReceiverServer } from "@farmops/plugin-sdk/sources/receive/Receiver"
import { makeSourceMemoryInRam } from "@farmops/plugin-sdk/sources/SourceMemory"
import { Context, Effect, Layer, Redacted } from "effect"
import { HttpServer } from "effect/http"
import { dataOf, type MemorySink, makeMemorySink } from "../../packages/plugin-sdk/test/sources/sinkFixture.ts"
import { hasAlertmanager, hookToken, startAlertmanager } from "./alertmanager.ts"

const credential = { bearer_token: Redacted.make(hookToken) }
const webhook = { credential }
const poll = (url: string) => ({ url, every_seconds: 1, settle_seconds: 10 })

/** Three sources on one Alertmanager: one is told, one asks, one does both. */
const watchThreeWays = Effect.gen(function* () {
  const sinks = { told: yield* makeMemorySink(), asks: yield* makeMemorySink(), both: yield* makeMemorySink() }
  const manager = yield* startAlertmanager((url) =>
    Effect.gen(function* () {
      const make = (name: keyof typeof sinks, how: object) =>
        Effect.flatMap(makeSourceMemoryInRam, (memory) =>
          makeAlertmanagerSource({ name, actor: "ops", ...how }, memory)
        )
      const sources = [
        yield* make("told", { webhook }),
        yield* make("asks", { poll: poll(url) }),
        yield* make("both", { webhook, poll: poll(url) })
      ]
      for (const source of sources) {
        yield* Effect.forkScoped(source.run(sinks[source.name as keyof typeof sinks]))
      }
      const services = yield* Layer.build(layerReceiverServer(sources, { port: 0 }))
      const { address } = Context.get(services, HttpServer.HttpServer)
      const port = "port" in address ? address.port : 0
      return ["told", "both"].map((name) => `http://127.0.0.1:${port}/hooks/${name}`)
    }).pipe(Effect.orDie)
  )
  return { manager, sinks }
})

interface Told {
  readonly status: string
  readonly starts_at: string
  readonly ends_at: string | null
  readonly silences: ReadonlyArray<{ readonly created_by: string }>
}
const events = ({ taken }: MemorySink) => taken.map((one) => dataOf(one) as Told)
const statuses = (sink: MemorySink) => events(sink).map(({ status }) => status)

describe.skipIf(!hasAlertmanager)("an alert of a real Prometheus and Alertmanager", () => {
  it.live(
    "is told once when it fires, when somebody silences it and when it resolves, though Alertmanager is restarted",
    () =>
      Effect.gen(function* () {
        const { manager, sinks } = yield* watchThreeWays
        const { asks, both, told } = sinks
        const reached = (counts: readonly [told: number, asks: number, both: number]) =>
          Effect.all([told.reached(counts[0]), asks.reached(counts[1]), both.reached(counts[2])])

        yield* manager.setTarget(false)
        yield* reached([1, 1, 1])
        // Alertmanager knows of no alert now, and says so to each source several times.
        yield* manager.restart(manager.asks(6))
        yield* manager.asks(4)
        expect([told, asks, both].map(statuses)).toEqual([["firing"], ["firing"], ["firing"]])

        const silence = yield* manager.silence("Ann@example.org")
        yield* reached([1, 2, 2])
        yield* manager.setTarget(true)
        yield* reached([1, 3, 3])
        yield* manager.asks(6)
        const whole = ["firing", "suppressed", "resolved"]
        // Alertmanager tells nobody of a silence, nor while it lasts that the alert resolved.
        expect([told, asks, both].map(statuses)).toEqual([["firing"], whole, whole])
        for (const { taken } of [asks, both]) {
          expect(new Set(taken.map(({ subject }) => subject)).size).toBe(1)
          expect(taken.map(({ actor }) => Redacted.value(actor.identifier))).toEqual(["ops", "ann@example.org", "ops"])
        }
        for (const sink of [asks, both]) {
          const [fired, silenced, resolved] = events(sink)
          expect(silenced?.silences.map(({ created_by }) => created_by)).toEqual(["Ann@example.org"])
          expect(Date.parse(resolved?.ends_at ?? "")).toBeGreaterThan(Date.parse(fired?.starts_at ?? ""))
        }

        // The next time nobody silences it, and its end is told too.
        yield* manager.unsilence(silence)
        yield* reached([2, 3, 3])
        yield* manager.setTarget(false)
        yield* reached([3, 4, 4])
        yield* manager.setTarget(true)
        yield* reached([4, 5, 5])
        yield* manager.asks(6)
        const again = ["firing", "resolved"]
        expect([told, asks, both].map(statuses)).toEqual([
          [...again, ...again],
          [...whole, ...again],
          [...whole, ...again]
        ])
        // What the webhook told after a poll had found it out.
        expect(both.repeats()).toBeGreaterThan(0)
        // Two firings of one alert.
        expect(new Set(both.taken.map(({ subject }) => subject)).size).toBe(1)
        expect(new Set(events(both).map(({ starts_at }) => starts_at)).size).toBe(2)
      }),
    120_000
  )
})
