/** Calls to a plugin over its socket: bounded in time and size, and every failure named in the agent's words. */
import { connect } from "node:net"
import { Code, ConnectError, createClient } from "@connectrpc/connect"
import { createGrpcTransport } from "@connectrpc/connect-node"
import { Effect, Redacted } from "effect"
import { messageBytesMax, type Observation } from "../contract/Observation.ts"
import { FarmPlugin } from "../gen/farmops/plugin/v1/plugin_pb.ts"
import type { PluginFault } from "./Plugin.ts"

const faultCodes: Partial<Record<Code, PluginFault["code"]>> = {
  [Code.Unavailable]: "crashed",
  // The other side closed the stream. Our own cancellation interrupts the fiber and never gets here, so the plugin died.
  [Code.Canceled]: "crashed",
  [Code.Aborted]: "crashed",
  [Code.DeadlineExceeded]: "deadline",
  [Code.Unauthenticated]: "unauthenticated",
  [Code.InvalidArgument]: "refused",
  // Whoever found a message too large, it was not the observation: that is measured before it is sent.
  [Code.ResourceExhausted]: "answer"
}

/** What a failed call means for whoever made it. */
export const faultCodeOf = (error: ConnectError): PluginFault["code"] => faultCodes[error.code] ?? "error"

/** Opens no connection until the first call, and a new one when the last is gone. */
export const makePluginClient = (socket: string, token: Redacted.Redacted<string>, callMsMax: number) => {
  const client = createClient(
    FarmPlugin,
    createGrpcTransport({
      baseUrl: "http://plugin",
      nodeOptions: { createConnection: () => connect(socket) },
      readMaxBytes: messageBytesMax,
      writeMaxBytes: messageBytesMax,
      interceptors: [
        (next) => (request) => {
          request.header.set("authorization", `Bearer ${Redacted.value(token)}`)
          return next(request)
        }
      ]
    })
  )
  const call = <A>(make: (signal: AbortSignal) => Promise<A>) =>
    Effect.tryPromise({ try: make, catch: (cause) => ConnectError.from(cause) })
  return {
    describe: (timeoutMs: number) => call((signal) => client.describe({}, { timeoutMs, signal })),
    configure: (configuration: Uint8Array, timeoutMs: number) =>
      call((signal) => client.configureSources({ configuration }, { timeoutMs, signal })),
    verify: (
      { detectedAt, observationId, rawData, sourceType, subject }: Observation,
      memory: Uint8Array = new Uint8Array()
    ) =>
      call((signal) =>
        client.verify(
          {
            observationId,
            sourceType,
            rawData,
            subject: subject ?? "",
            memory,
            detectedAt: { seconds: BigInt(Math.floor(detectedAt.epochMilliseconds / 1000)), nanos: 0 }
          },
          { timeoutMs: callMsMax, signal }
        )
      )
  }
}

/** Calls to one process of a plugin. */
export type PluginClient = ReturnType<typeof makePluginClient>
