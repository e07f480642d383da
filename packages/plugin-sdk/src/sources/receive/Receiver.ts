/** The part that all HTTP receivers share: a way in that is open while the source runs, and only so wide. */
import { type ListenOptions, layerServer } from "@farmops/core/host/listen"
import { Effect, Layer, Semaphore } from "effect"
import { HttpRouter, HttpServerRequest, type HttpServerResponse } from "effect/http"
import type { ObservationSink } from "../../contract/Source.ts"
import { type RefusalCode, refuse } from "./refusal.ts"

/** What one request is answered with, once it is let in. */
export type Receive = (
  request: HttpServerRequest.HttpServerRequest,
  sink: ObservationSink
) => Effect.Effect<HttpServerResponse.HttpServerResponse, RefusalCode>

/** The way in. */
export interface Receiver {
  /** The handler, for any router. */
  readonly handle: Effect.Effect<HttpServerResponse.HttpServerResponse, never, HttpServerRequest.HttpServerRequest>
  /** The handler as a POST route at `/hooks/NAME`. */
  readonly routes: Layer.Layer<never, never, HttpRouter.HttpRouter>
  /** Lets requests in until it is interrupted. */
  readonly open: (sink: ObservationSink) => Effect.Effect<never>
}

// Each may hold one body in memory: strangers are read before their signature can be checked.
const requestsAtOnceMax = 16

/** A way in that is closed until `open` runs. */
export const makeReceiver = (name: string, receive: Receive): Effect.Effect<Receiver> =>
  Effect.gen(function* () {
    const room = yield* Semaphore.make(requestsAtOnceMax)
    let sink: ObservationSink | null = null
    const handle = Effect.gen(function* () {
      const request = yield* HttpServerRequest.HttpServerRequest
      if (sink === null) return refuse("not_ready")
      const answered = receive(request, sink).pipe(Effect.catch((code) => Effect.succeed(refuse(code))))
      const answer = yield* room.withPermitsIfAvailable(1)(answered)
      return answer._tag === "Some" ? answer.value : refuse("too_many_deliveries")
    })
    return {
      handle,
      routes: HttpRouter.add("POST", `/hooks/${name}`, handle),
      open: (given) =>
        Effect.acquireUseRelease(
          Effect.sync(() => {
            sink = given
          }),
          () => Effect.never,
          () =>
            Effect.sync(() => {
              sink = null
            })
        )
    }
  })

/** A server of its own for receivers, for who runs no agent around them. */
export const layerReceiverServer = (receivers: ReadonlyArray<Pick<Receiver, "routes">>, options: ListenOptions) =>
  Layer.mergeAll(Layer.empty, ...receivers.map(({ routes }) => routes)).pipe(
    // Its log has paths.
    (routes) => HttpRouter.serve(routes, { disableLogger: true, disableListenLog: true }),
    Layer.provideMerge(layerServer(options))
  )
