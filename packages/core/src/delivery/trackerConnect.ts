/**
 * A tracker spoken to by RPC, a whole batch in one streamed request at a tenth of REST's cost: gRPC over HTTP/2 where there is
 * TLS, the Connect protocol on HTTP/1.1 everywhere.
 */
import { Code, ConnectError, createClient, type Interceptor, type Transport } from "@connectrpc/connect"
import { createConnectTransport, createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node"
import { Effect, Redacted, Schema } from "effect"
import { ProofService, type SubmitResult as WireResult } from "../gen/farmops/proof/v1/proof_pb.ts"
import { tlsOptionsOf } from "../http/fetchOverTls.ts"
import { type SubmitResult, submitTimeoutMs, TrackerRefused, TrackerUnavailable } from "./submission.ts"
import type { TrackerAccess } from "./TrackerAccess.ts"

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

const retryAfterMsOf = ({ metadata }: ConnectError): number | null => {
  const text = metadata.get("retry-after") ?? ""
  return /^\d{1,6}$/.test(text) ? Number(text) * 1000 : null
}

const errorOf = (cause: unknown) => {
  const error = ConnectError.from(cause)
  // Unknown is what a body that is not Connect's becomes, Unimplemented a 404.
  if (error.code === Code.Unimplemented || error.code === Code.Unknown) return new ConnectNotSpoken()
  const status = refusals[error.code]
  const name = Code[error.code] ?? "Unknown"
  return status === undefined
    ? new TrackerUnavailable({ reason: name, retryAfterMs: retryAfterMsOf(error) })
    : new TrackerRefused({ status, code: name, detail: error.rawMessage.slice(0, 200) })
}

const resultOf = ({ already, code, coins, detail, pending }: WireResult): SubmitResult => ({
  coins,
  already,
  pending,
  code: code === "" ? null : code,
  detail
})

const utf8 = new TextEncoder()

const submitOver = (transport: Transport) => {
  const client = createClient(ProofService, transport)
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

const withKey = ({ apiKey }: TrackerAccess): Array<Interceptor> =>
  apiKey === undefined
    ? []
    : [
        (next) => (request) => {
          request.header.set("authorization", `Bearer ${Redacted.value(apiKey)}`)
          return next(request)
        }
      ]

/** Submits a batch as one client stream. The tracker answers when all that it accepted is on its disk. */
export const submitOverConnect = (baseUrl: string, access: TrackerAccess = {}) =>
  submitOver(
    createConnectTransport({
      baseUrl,
      httpVersion: "1.1",
      readMaxBytes: answerBytesMax,
      interceptors: withKey(access),
      ...(access.tls !== undefined && { nodeOptions: tlsOptionsOf(access.tls) })
    })
  )

/** The same over gRPC, on one connection that is kept until the scope closes. */
export const submitOverGrpc = Effect.fnUntraced(function* (baseUrl: string, access: TrackerAccess) {
  const sessionManager = yield* Effect.acquireRelease(
    Effect.sync(() => new Http2SessionManager(baseUrl, {}, tlsOptionsOf(access.tls ?? {}))),
    (manager) => Effect.sync(() => manager.abort())
  )
  return submitOver(
    createGrpcTransport({ baseUrl, sessionManager, readMaxBytes: answerBytesMax, interceptors: withKey(access) })
  )
})
