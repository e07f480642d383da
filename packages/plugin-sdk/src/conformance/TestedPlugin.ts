/** A plugin under test between its checks: started again when a check has killed it, and asked in both ways. */
import { create, toBinary } from "@bufbuild/protobuf"
import { Code, ConnectError } from "@connectrpc/connect"
import { Effect, Result } from "effect"
import { decodeDescription, decodeVerdict } from "../contract/decode.ts"
import type { PluginDescription, Verdict } from "../contract/Verdict.ts"
import {
  type DescribeResponse,
  DescribeResponseSchema,
  VerifyRequestSchema,
  type VerifyResponse,
  VerifyResponseSchema
} from "../gen/farmops/plugin/v1/plugin_pb.ts"
import { openTarget, type Target, type TargetNotReady, type TargetSpec } from "./openTarget.ts"

/** One request, as the messages have it. */
export interface Ask {
  readonly observationId: string
  readonly sourceType: string
  readonly rawData: Uint8Array
  readonly subject: string
  readonly memory: Uint8Array
}

/** What came back: a verdict in the contract's words, words outside it, or a failure with its code. */
export type Reply =
  | { readonly _tag: "Verdict"; readonly verdict: Verdict; readonly bytes: string }
  | { readonly _tag: "Outside"; readonly reason: string }
  | { readonly _tag: "Failed"; readonly code: Code; readonly message: string }

/** The reply in a few words. */
export const showReply = (reply: Reply): string => {
  if (reply._tag === "Verdict") return `a verdict (${reply.verdict.verdict})`
  if (reply._tag === "Outside") return `an answer outside the contract: ${reply.reason}`
  return `${Code[reply.code] ?? reply.code}${reply.message === "" ? "" : ` (${reply.message})`}`
}

/** How long one call may take. */
export const callMsMax = 5_000

const noBytes = new Uint8Array()
const detectedAt = { seconds: 1_771_666_200n, nanos: 0 }

const messageOf = (ask: Ask) => create(VerifyRequestSchema, { ...ask, detectedAt })

const replyOf = (answer: Result.Result<VerifyResponse, ConnectError>): Effect.Effect<Reply> => {
  if (Result.isFailure(answer)) {
    return Effect.succeed({ _tag: "Failed", code: answer.failure.code, message: answer.failure.rawMessage })
  }
  const response = answer.success
  const bytes = Buffer.from(toBinary(VerifyResponseSchema, response)).toString("base64")
  return decodeVerdict(response).pipe(
    Effect.map((verdict): Reply => ({ _tag: "Verdict", verdict, bytes })),
    Effect.catch(({ message }) => Effect.succeed<Reply>({ _tag: "Outside", reason: message }))
  )
}

const call = <A>(make: (signal: AbortSignal) => Promise<A>) =>
  Effect.tryPromise({ try: make, catch: (cause) => ConnectError.from(cause) })

/** A unary call; interrupting it cancels it. */
export const askUnary = ({ client }: Target, ask: Ask, timeoutMs = callMsMax): Effect.Effect<Reply> =>
  Effect.flatMap(Effect.result(call((signal) => client.verify(messageOf(ask), { timeoutMs, signal }))), replyOf)

/** The same over the stream. */
export const askSession = ({ session }: Target, ask: Ask, timeoutMs = callMsMax): Effect.Effect<Reply> =>
  Effect.flatMap(
    Effect.result(session.verify(messageOf({ ...ask, rawData: noBytes }), ask.rawData, timeoutMs)),
    replyOf
  )

/** What it says of itself: as it came, and as far as the contract has words for it. */
export const askDescription = ({ client }: Target) =>
  call((signal) => client.describe({}, { timeoutMs: callMsMax, signal }))

/** Its description, checked; the reason where it is outside the contract. */
export const checkedDescription = (
  response: DescribeResponse
): Effect.Effect<Result.Result<PluginDescription, string>> =>
  Effect.result(Effect.mapError(decodeDescription(response), ({ message }) => message))

/** Two descriptions are the same when their bytes are. */
export const descriptionBytes = (response: DescribeResponse): string =>
  Buffer.from(toBinary(DescribeResponseSchema, response)).toString("base64")

/** Hands over a configuration as JSON; undefined is none. */
export const configure = ({ client }: Target, configuration: unknown) =>
  call((signal) =>
    client.configureSources(
      { configuration: configuration === undefined ? noBytes : Buffer.from(JSON.stringify(configuration)) },
      { timeoutMs: callMsMax, signal }
    )
  )

/** Null where it still describes itself, else what it does instead. */
export const stillAnswers = (target: Target): Effect.Effect<string | null> =>
  Effect.map(Effect.result(askDescription(target)), (answer) => {
    if (target.hasEnded()) return "its process ended"
    return Result.isSuccess(answer) ? null : `afterwards it answers ${Code[answer.failure.code]} to Describe`
  })

/** Opens the target when it is needed, and another when the last is gone or stuck. */
export const makeKeeper = (spec: TargetSpec) => {
  let current: Target | null = null
  const close = Effect.suspend(() => {
    const last = current
    current = null
    return last?.close ?? Effect.void
  })
  const open = Effect.uninterruptible(
    Effect.flatMap(close, () => openTarget(spec)).pipe(
      Effect.tap((target) =>
        Effect.sync(() => {
          current = target
        })
      )
    )
  )
  const ready: Effect.Effect<Target, TargetNotReady> = Effect.suspend(() =>
    current === null
      ? open
      : Effect.flatMap(stillAnswers(current), (fault) =>
          fault === null && current !== null ? Effect.succeed(current) : open
        )
  )
  return { ready, open, close }
}
