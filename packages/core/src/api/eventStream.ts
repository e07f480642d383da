/** Farm states as server-sent events, with a sign of life so that a dead connection is noticed on both ends. */
import { Stream } from "effect"
import { HttpServerResponse } from "effect/http"
import type { FarmState } from "../farm/FarmState.ts"

/** Proxies commonly close a connection that is silent for 30 or 60 seconds. */
const heartbeat = "15 seconds"

const headers = { "cache-control": "no-store", "x-accel-buffering": "no" }

/** Each state is an event named `farm` with the state as JSON; a comment line goes out every 15 seconds. */
export const eventStream = (states: Stream.Stream<FarmState>): HttpServerResponse.HttpServerResponse => {
  const beats = Stream.map(Stream.tick(heartbeat), () => ":\n\n")
  const events = Stream.map(states, (state) => `event: farm\ndata: ${JSON.stringify(state)}\n\n`)
  const text = Stream.merge(events, Stream.drop(beats, 1), { haltStrategy: "left" })
  return HttpServerResponse.stream(Stream.encodeText(text), { contentType: "text/event-stream", headers })
}
