/** A plugin behind a socket, asked in the agent's words. */
import { Code, type ConnectError } from "@connectrpc/connect"
import { Effect, type Redacted, Result, type Scope } from "effect"
import { decodeDescription, decodeVerdict } from "../../contract/decode.ts"
import { type Observation, rawDataBytesMax } from "../../contract/Observation.ts"
import { isSocket } from "../client/connectPlugin.ts"
import { faultCodeOf, makePluginClient } from "../client/pluginClient.ts"
import { PluginFault } from "../Plugin.ts"
import { type Asked, outsideContract, startFailed } from "./UnitLaunch.ts"

/** Where a plugin listens. */
export interface PluginAddress {
  readonly id: string
  readonly socket: string
  readonly token: Redacted.Redacted<string>
  readonly readyMsMax: number
  readonly callMsMax: number
  /** Whether a process of ours makes the socket. */
  readonly isOurs?: boolean
}

const socketPollMs = 10
const plainTextMax = 300

// What a plugin says is shown to its owner on one line.
const plain = (text: string): string => text.replace(/[\p{Cc}\p{Cf}]+/gu, " ").slice(0, plainTextMax)

/** The connection closes with the scope. */
export const askOverSocket = Effect.fnUntraced(function* ({
  callMsMax,
  id,
  isOurs = false,
  readyMsMax,
  socket,
  token
}: PluginAddress): Effect.fn.Return<Asked, never, Scope.Scope> {
  const client = yield* Effect.acquireRelease(
    Effect.sync(() => makePluginClient(socket, token, callMsMax)),
    ({ close }) => close
  )
  const failed = startFailed(id)
  const fault = (code: PluginFault["code"]) => new PluginFault({ plugin: id, code })

  const describe = Effect.gen(function* () {
    for (;;) {
      // Asking before the plugin listens would be an error like any other, so the socket is awaited first. A link to another is none.
      while (!isSocket(socket, isOurs)) yield* Effect.sleep(socketPollMs)
      const answer = yield* Effect.result(client.describe(readyMsMax))
      if (Result.isSuccess(answer)) {
        return yield* Effect.mapError(decodeDescription(answer.success), () =>
          failed("bad_description", outsideContract)
        )
      }
      const { code } = answer.failure
      if (code === Code.DataLoss || code === Code.ResourceExhausted) {
        return yield* failed("bad_description", outsideContract)
      }
      if (code !== Code.Unavailable) return yield* failed("not_ready", `it answered ${Code[code]} to describe`)
      yield* Effect.sleep(socketPollMs)
    }
  })

  const refusedToConfigure = (error: ConnectError, isGiven: boolean) => {
    // A plugin without wishes need not serve the call at all.
    if (error.code === Code.Unimplemented && !isGiven) return Effect.void
    if (error.code === Code.InvalidArgument) {
      return Effect.fail(failed("bad_configuration", `it refuses its configuration: ${plain(error.rawMessage)}`))
    }
    if (error.code === Code.Unimplemented) {
      return Effect.fail(failed("bad_configuration", "it takes no configuration"))
    }
    return Effect.fail(failed("not_ready", `it answered ${Code[error.code]} to its configuration`))
  }

  return {
    describe,
    configure: (configuration) =>
      Effect.catch(Effect.asVoid(client.configure(configuration, callMsMax)), (error) =>
        refusedToConfigure(error, configuration.length > 0)
      ),
    look: (timeoutMs) =>
      Effect.match(client.describe(timeoutMs), {
        onSuccess: () => "alive",
        // Whatever it answers, it answered.
        onFailure: (error) => {
          const code = faultCodeOf(error)
          return code === "deadline" ? "late" : code === "crashed" ? "gone" : "alive"
        }
      }),
    verify: Effect.fn("PluginRuntime.verify")(function* (observation: Observation, memory?: Uint8Array) {
      if (observation.rawData.length > rawDataBytesMax) return yield* fault("too_large")
      const answer = yield* Effect.mapError(client.verify(observation, memory), (error) => fault(faultCodeOf(error)))
      return yield* Effect.mapError(decodeVerdict(answer), () => fault("answer"))
    })
  }
})
