/** The part that all HTTP receivers share: a way in that is open while the source runs, and only so wide. */
import { type ListenOptions, layerServer } from "@farmops/core/host/listen"
import { Effect, Layer, Semaphore } from "effect"
import { HttpRouter, HttpServerRequest, type HttpServerResponse } from "effect/http"
import type { ObservationSink } from "../../contract/Source.ts"
import { makeBodyReaders } from "./BodyReaders.ts"
import type { BodyBounds } from "./readBody.ts"
import { type RefusalCode, refuse } from "./refusal.ts"

/** What a receiver makes of a request. */
export interface Receive {
  /** By its head alone: how much of it may be read, or why nothing is. */
  readonly admit: (request: HttpServerRequest.HttpServerRequest) => Effect.Effect<BodyBounds, RefusalCode>
  /** What it is answered with, once it was read. */
  readonly take: (
    request: HttpServerRequest.HttpServerRequest,
    body: Uint8Array,
    sink: ObservationSink
  ) => Effect.Effect<HttpServerResponse.HttpServerResponse, RefusalCode>
}

/** The way in. */
export interface Receiver {
  /** The handler, for any router. */
  readonly handle: Effect.Effect<HttpServerResponse.HttpServerResponse, never, HttpServerRequest.HttpServerRequest>
  /** The handler as a POST route at `/hooks/NAME`. */
  readonly routes: Layer.Layer<never, never, HttpRouter.HttpRouter>
  /** Lets requests in until it is interrupted. */
  readonly open: (sink: ObservationSink) => Effect.Effect<never>
}

// What was read is checked and stored in a moment; whoever finds so many at it comes again.
const takenAtOnceMax = 16

/** A way in that is closed until `open` runs. */
export const makeReceiver = (name: string, { admit, take }: Receive): Effect.Effect<Receiver> =>
  Effect.gen(function* () {
    const room = yield* Semaphore.make(takenAtOnceMax)
    const readers = makeBodyReaders()
    let sink: ObservationSink | null = null
    const handle = Effect.gen(function* () {
      const request = yield* HttpServerRequest.HttpServerRequest
      if (sink === null) return refuse("not_ready")
      const to = sink
      return yield* admit(request).pipe(
        Effect.flatMap((bounds) =>
          readers.use(request, bounds, (body) =>
            Effect.flatMap(room.withPermitsIfAvailable(1)(take(request, body, to)), (answer) =>
              answer._tag === "Some" ? Effect.succeed(answer.value) : Effect.fail<RefusalCode>("too_many_deliveries")
            )
          )
        ),
        Effect.catch((code) => Effect.succeed(refuse(code)))
      )
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
