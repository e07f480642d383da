/** Calls to a plugin over its socket: bounded in time and size, and every failure named in the agent's words. */
import { Code, ConnectError, createClient } from "@connectrpc/connect"
import { Effect, Redacted } from "effect"
import type { Observation } from "../../contract/Observation.ts"
import { FarmPlugin, type VerifyRequest } from "../../gen/farmops/plugin/v1/plugin_pb.ts"
import type { PluginFault } from "../Plugin.ts"
import { makePluginSession } from "./pluginSession.ts"
import { makePluginTransport } from "./pluginTransport.ts"

const faultCodes: Partial<Record<Code, PluginFault["code"]>> = {
  [Code.Unavailable]: "crashed",
  // The other side closed the stream. Our own cancellation interrupts the fiber and never gets here, so the plugin died.
  [Code.Canceled]: "crashed",
  [Code.Aborted]: "crashed",
  [Code.DeadlineExceeded]: "deadline",
  [Code.Unauthenticated]: "unauthenticated",
  [Code.InvalidArgument]: "refused",
  // Whoever found a message too large, it was not the observation: that is measured before it is sent.
  [Code.ResourceExhausted]: "answer",
  [Code.DataLoss]: "answer"
}

/** What a failed call means for whoever made it. */
export const faultCodeOf = (error: ConnectError): PluginFault["code"] => faultCodes[error.code] ?? "error"

/** The most calls that wait in one plugin's stream, which is what a plugin takes. Those beyond it go unary, each on its own. */
const sessionCallsMax = 256

const noBytes = new Uint8Array()

const requestOf = (
  { detectedAt, observationId, sourceType, subject }: Observation,
  rawData: Uint8Array,
  memory: Uint8Array
): VerifyRequest => ({
  $typeName: "farmops.plugin.v1.VerifyRequest",
  observationId,
  sourceType,
  rawData,
  subject: subject ?? "",
  memory,
  detectedAt: {
    $typeName: "google.protobuf.Timestamp",
    seconds: BigInt(Math.floor(detectedAt.epochMilliseconds / 1000)),
    nanos: 0
  }
})

/**
 * Opens no connection until the first call, and a new one when the last is gone. Once the plugin has described itself with the
 * capability "session", verdicts come over one stream; `session: false` keeps to unary calls. `close` ends what is open at once.
 */
export const makePluginClient = (
  socket: string,
  token: Redacted.Redacted<string>,
  callMsMax: number,
  options: { readonly session?: boolean } = {}
) => {
  const { close, transport } = makePluginTransport(socket, () => `Bearer ${Redacted.value(token)}`)
  const client = createClient(FarmPlugin, transport)
  const session = makePluginSession(socket, token)
  let serves = false
  const call = <A>(make: (signal: AbortSignal) => Promise<A>) =>
    Effect.tryPromise({ try: make, catch: (cause) => ConnectError.from(cause) })
  return {
    describe: (timeoutMs: number) =>
      Effect.tap(
        call((signal) => client.describe({}, { timeoutMs, signal })),
        ({ capabilities }) =>
          Effect.sync(() => {
            serves = options.session !== false && capabilities.includes("session")
          })
      ),
    configure: (configuration: Uint8Array, timeoutMs: number) =>
      call((signal) => client.configureSources({ configuration }, { timeoutMs, signal })),
    verify: (observation: Observation, memory: Uint8Array = noBytes) =>
      Effect.suspend(() => {
        if (serves && session.waiting() < sessionCallsMax) {
          return session.verify(requestOf(observation, noBytes, memory), observation.rawData, callMsMax)
        }
        const request = requestOf(observation, observation.rawData, memory)
        return call((signal) => client.verify(request, { timeoutMs: callMsMax, signal }))
      }),
    close: Effect.sync(() => {
      session.close()
      close()
    })
  }
}

/** Calls to one process of a plugin. */
export type PluginClient = ReturnType<typeof makePluginClient>
