/** Proof submission over gRPC and Connect: the same intake as REST, a batch at a time. Bytes in, bytes kept. */
import { Code, ConnectError, type ConnectRouter, createContextKey, type HandlerContext } from "@connectrpc/connect"
import { recordBytesMax } from "@farmops/proof/proofForm"
import { Cause, Effect, Exit, Redacted, Result } from "effect"
import type { LedgerUnavailable } from "../farm/LedgerUnavailable.ts"
import { groupMax, type IntakeAnswer, ProofIntake } from "../farm/ProofIntake.ts"
import { ProofService } from "../gen/farmops/proof/v1/proof_pb.ts"
import { AgentDoor } from "./AgentDoor.ts"
import { bearerToken } from "./bearerToken.ts"

/** The agent that a call's certificate names; whoever opens a door for calls fills it in. */
export const certifiedSender = createContextKey<string | null>(null)

// The answers of one stream go out together at its end, below the megabyte that clients take.
const streamMax = 4096

/** A message is one proof and a few bytes of framing. */
export const messageBytesMax = recordBytesMax + 1024

const resultOf = (answer: IntakeAnswer) =>
  Result.isSuccess(answer)
    ? {
        proofId: answer.success.proof_id,
        sequence: BigInt(answer.success.sequence),
        hash: answer.success.hash,
        coins: answer.success.coins,
        already: answer.success.already,
        pending: answer.success.pending,
        code: "",
        detail: ""
      }
    : { code: answer.failure.code, detail: answer.failure.detail }

/** The messages of a stream until the call is cancelled, runs out of time or the server stops: a sender may be silent for ever. */
async function* untilAborted<A>(messages: AsyncIterable<A>, signal: AbortSignal): AsyncIterable<A> {
  const aborted = new Promise<never>((_, reject) => {
    const stop = () => reject(ConnectError.from(signal.reason))
    if (signal.aborted) stop()
    else signal.addEventListener("abort", stop, { once: true })
  })
  // Nobody may be waiting when it happens.
  aborted.catch(() => {})
  const iterator = messages[Symbol.asyncIterator]()
  for (;;) {
    const next = await Promise.race([iterator.next(), aborted])
    if (next.done === true) return
    yield next.value
  }
}

/** Makes the routes; `Effect.runPromise` at this edge is what an adapter of another framework needs. */
export const makeTrackerRpc = Effect.gen(function* () {
  const intake = yield* ProofIntake
  const { identify } = yield* AgentDoor
  const context = yield* Effect.context<never>()

  const run = async <A>(effect: Effect.Effect<A, LedgerUnavailable>, signal: AbortSignal): Promise<A> => {
    const exit = await Effect.runPromiseExit(Effect.provide(effect, context), { signal })
    if (Exit.isSuccess(exit)) return exit.value
    if (signal.aborted) throw ConnectError.from(signal.reason)
    const isAway = exit.cause.reasons.some(Cause.isFailReason)
    // The text of a defect stays here.
    throw isAway
      ? new ConnectError("the ledger cannot answer now", Code.Unavailable)
      : new ConnectError("the server failed", Code.Internal)
  }

  const senderOf = ({ requestHeader, signal, values }: HandlerContext) => {
    const token = bearerToken(requestHeader.get("authorization"))
    const bearer = token === undefined ? null : Redacted.make(token)
    return run(identify({ bearer, certified: values.get(certifiedSender) }), signal)
  }

  return (router: ConnectRouter): ConnectRouter =>
    router.service(ProofService, {
      submit: async ({ proof }, context) => {
        const [answer] = await run(intake.acceptBatch([proof], await senderOf(context)), context.signal)
        if (answer === undefined) throw new ConnectError("no answer", Code.Internal)
        return { result: resultOf(answer) }
      },
      submitBatch: async (requests, context) => {
        const { signal } = context
        const sender = await senderOf(context)
        const results: Array<ReturnType<typeof resultOf>> = []
        let group: Array<Uint8Array> = []
        const flush = async () => {
          const answers = await run(intake.acceptBatch(group, sender), signal)
          for (const answer of answers) results.push(resultOf(answer))
          group = []
        }
        for await (const { proof } of untilAborted(requests, signal)) {
          if (results.length + group.length >= streamMax) {
            throw new ConnectError(`a stream carries at most ${streamMax} proofs`, Code.ResourceExhausted)
          }
          group.push(proof)
          if (group.length >= groupMax) await flush()
        }
        if (group.length > 0) await flush()
        return { results }
      }
    })
})
