/** What a host says of itself: `/healthz` is alive, `/readyz` can serve. A part that is not ready names itself. */
import { Context, Effect, Layer, Ref } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"

/** The registry of parts. A host is ready when every part that was ever named is. */
export class Health extends Context.Service<
  Health,
  {
    /** Says whether a part can do its work now. Names are for operators and never carry data. */
    readonly set: (part: string, ready: boolean) => Effect.Effect<void>
    /** The parts that are not ready, in the order in which they were first named. */
    readonly notReady: Effect.Effect<ReadonlyArray<string>>
  }
>()("@farmops/core/host/Health") {
  static readonly layer: Layer.Layer<Health> = Layer.effect(
    this,
    Effect.gen(function* () {
      const parts = yield* Ref.make<ReadonlyMap<string, boolean>>(new Map())
      return {
        set: (part, ready) => Ref.update(parts, (now) => new Map(now).set(part, ready)),
        notReady: Effect.map(Ref.get(parts), (now) => [...now].filter(([, ready]) => !ready).map(([part]) => part))
      }
    })
  )
}

/** The two routes under names of one's own. They need no credential: they show names of parts and nothing else. */
export const healthRoutesAt = (
  alive: `/${string}`,
  ready: `/${string}`
): Layer.Layer<never, never, Health | HttpRouter.HttpRouter> =>
  HttpRouter.use((router) =>
    Effect.gen(function* () {
      const health = yield* Health
      yield* router.add("GET", alive, HttpServerResponse.text("ok\n"))
      yield* router.add(
        "GET",
        ready,
        Effect.map(health.notReady, (waiting) =>
          waiting.length === 0
            ? HttpServerResponse.text("ready\n")
            : HttpServerResponse.text(`waiting for ${waiting.join(", ")}\n`, { status: 503 })
        )
      )
    })
  )

/** The two routes of every host. */
export const healthRoutes = healthRoutesAt("/healthz", "/readyz")
