/** Receives signed webhooks over HTTP. A delivery is acknowledged when it is on disk, and not before. */
import { Clock, Effect } from "effect"
import type { Source } from "../../contract/Source.ts"
import type { Named } from "../localObservation.ts"
import { makeReceiver, type Receive, type Receiver } from "../receive/Receiver.ts"
import { mediaTypeOf } from "../receive/readBody.ts"
import { accept, type RefusalCode } from "../receive/refusal.ts"
import { makeSourceStatus, type SourceStatus } from "../SourceStatus.ts"
import { makeRecentDeliveries } from "./RecentDeliveries.ts"
import { mediaTypes, readDelivery } from "./readDelivery.ts"
import { bodyBytesDefault, bodyMsDefault, type WebhookOptions } from "./WebhookOptions.ts"

/** A source that is asked over HTTP: whoever runs it mounts `routes` too, or serves them with `layerReceiverServer`. */
export interface WebhookSource extends Source, Pick<Receiver, "handle" | "routes"> {}

const receiveWith = (options: WebhookOptions & Named, status: SourceStatus): Receive => {
  const recent = makeRecentDeliveries()
  const bounds = {
    bytesMax: options.body_bytes_max ?? bodyBytesDefault,
    msMax: options.body_ms_max ?? bodyMsDefault
  }
  const take: Receive["take"] = Effect.fnUntraced(function* (request, body, sink) {
    const nowMs = yield* Clock.currentTimeMillis
    const reading = readDelivery(options, mediaTypeOf(request), request.headers, body, nowMs)
    if (reading.tag === "refused") return yield* Effect.fail(reading.code)
    if (reading.tag !== "delivery") return accept(reading.tag)
    const { deliveryId, observation } = reading
    const recurrence = deliveryId === null ? "new" : recent.look(deliveryId, observation.observationId)
    if (recurrence === "conflict") return yield* Effect.fail<RefusalCode>("delivery_conflict")
    const already = recurrence === "same" || (yield* sink.has?.(observation.observationId) ?? Effect.succeed(false))
    if (!already) {
      yield* status
        .offer(sink, observation)
        .pipe(Effect.catchTag("ObservationsFull", () => Effect.fail<RefusalCode>("observations_full")))
    }
    if (deliveryId !== null) recent.keep(deliveryId, observation.observationId)
    return accept(already ? "already" : "taken")
  })
  const admit: Receive["admit"] = (request) =>
    mediaTypes.includes(mediaTypeOf(request)) ? Effect.succeed(bounds) : Effect.fail("unsupported_media_type")
  return { admit, take }
}

/** A receiver for one sender. It opens no port by itself. */
export const makeWebhookSource = Effect.fn("makeWebhookSource")(function* (options: WebhookOptions & Named) {
  const status = yield* makeSourceStatus
  const { handle, open, routes } = yield* makeReceiver(options.name, receiveWith(options, status))
  const source: WebhookSource = {
    name: options.name,
    sourceType: options.sender,
    state: status.state,
    run: (sink) => Effect.andThen(status.watching, open(sink)),
    handle,
    routes
  }
  return source
})
