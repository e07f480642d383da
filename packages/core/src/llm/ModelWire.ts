/** The way to a model's provider: one HTTP exchange. A reference, so that recorded answers can stand where the network is. */
import { Context, type Effect, Schema } from "effect"
import { type BoundedAnswer, type BoundedRequest, boundedFetch, type FetchFailed } from "../http/boundedFetch.ts"

/** Recorded answers stand for the network, and there is none to this request. */
export class NotRecorded extends Schema.TaggedError<NotRecorded>()("NotRecorded", {
  /** Of the request; names its file. */
  digest: Schema.String,
  directory: Schema.String
}) {
  override get message() {
    return `no recording ${this.digest} in ${this.directory}, whose README says how to record it`
  }
}

/** Sends a request and reads the whole answer, within the request's bounds. */
export type WireExchange = (request: BoundedRequest) => Effect.Effect<BoundedAnswer, FetchFailed | NotRecorded>

/** The network, where nothing else is provided. */
export const ModelWire = Context.Reference<WireExchange>("@farmops/core/llm/ModelWire", {
  defaultValue: () => boundedFetch
})
