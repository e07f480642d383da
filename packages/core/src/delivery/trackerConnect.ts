/** A tracker spoken to over the Connect protocol on HTTP/1.1: a whole batch in one streamed request, a tenth of REST's cost. */
import { Code, ConnectError, createClient } from "@connectrpc/connect"
import { createConnectTransport } from "@connectrpc/connect-node"
import { Effect, Schema } from "effect"
import { ProofService, type SubmitResult as WireResult } from "../gen/farmops/proof/v1/proof_pb.ts"
import { type SubmitResult, submitTimeoutMs, TrackerRefused, TrackerUnavailable } from "./submission.ts"

/** The server at the address does not know the service: an older tracker, or a proxy in between. REST may still work. */
export class ConnectNotSpoken extends Schema.TaggedError<ConnectNotSpoken>()("ConnectNotSpoken", {}) {}

// 256 results of a few hundred bytes each.
const answerBytesMax = 1024 * 1024

const refusals: Readonly<Partial<Record<Code, number>>> = {
  [Code.InvalidArgument]: 400,
  [Code.Unauthenticated]: 401,
  [Code.PermissionDenied]: 403,
  [Code.FailedPrecondition]: 409,
  [Code.ResourceExhausted]: 413
}

const errorOf = (cause: unknown) => {
  const error = ConnectError.from(cause)
  // Unknown is what a body that is not Connect's becomes, Unimplemented a 404.
  if (error.code === Code.Unimplemented || error.code === Code.Unknown) return new ConnectNotSpoken()
  const status = refusals[error.code]
  const name = Code[error.code] ?? "Unknown"
  return status === undefined
    ? new TrackerUnavailable({ reason: name, retryAfterMs: null })
    : new TrackerRefused({ status, code: name, detail: error.rawMessage.slice(0, 200) })
}

const resultOf = ({ already, code, coins, detail, pending }: WireResult): SubmitResult => ({
  coins,
  already,
  pending,
  code: code === "" ? null : code,
  detail
})

/** Submits a batch as one client stream. The tracker answers when all that it accepted is on its disk. */
export const submitOverConnect = (baseUrl: string) => {
  const client = createClient(
    ProofService,
    createConnectTransport({ baseUrl, httpVersion: "1.1", readMaxBytes: answerBytesMax })
  )
  const utf8 = new TextEncoder()
  return Effect.fn("TrackerClient.submit")(function* (lines: ReadonlyArray<string>) {
    const answer = yield* Effect.tryPromise({
      try: (signal) => {
        async function* requests() {
          for (const line of lines) yield { proof: utf8.encode(line) }
        }
        return client.submitBatch(requests(), { signal, timeoutMs: submitTimeoutMs })
      },
      catch: errorOf
    })
    return answer.results.map(resultOf)
  })
}
