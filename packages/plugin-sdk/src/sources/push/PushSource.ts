/** A service on this machine that tools call when they have done something: farmops.source.v1 over a Unix socket. */
import { Code, ConnectError } from "@connectrpc/connect"
import { Clock, Effect, Redacted, Semaphore } from "effect"
import type { ObservationSink, Source, SourceFailed } from "../../contract/Source.ts"
import { type PushRequest, SourceService } from "../../gen/farmops/source/v1/source_pb.ts"
import type { Named } from "../localObservation.ts"
import { equalSecret } from "../receive/equalSecret.ts"
import { makeSourceStatus, type SourceStatus } from "../SourceStatus.ts"
import { listenOnSocket } from "./listenOnSocket.ts"
import type { PushOptions } from "./PushOptions.ts"
import { readPushToken } from "./pushToken.ts"
import { pushBytesMax, readPush } from "./readPush.ts"

// The event, and the words around it.
const messageBytesMax = pushBytesMax + 8 * 1024

/** A source of many source types: what `sourceType` says is the kind of this source, and each observation has its sender's. */
export const pushSourceType = "push"

const pushWith = (
  options: PushOptions & Named,
  status: SourceStatus,
  sink: ObservationSink,
  lock: Semaphore.Semaphore
) =>
  Effect.fnUntraced(
    function* (request: PushRequest): Effect.fn.Return<{ readonly already: boolean }, ConnectError> {
      const read = readPush(options, request, yield* Clock.currentTimeMillis)
      if (typeof read === "string") return yield* Effect.fail(new ConnectError(read, Code.InvalidArgument))
      const already = yield* sink.has?.(read.observationId) ?? Effect.succeed(false)
      if (!already) {
        yield* Effect.mapError(status.offer(sink, read), ({ message }) => new ConnectError(message, Code.Unavailable))
      }
      return { already }
    },
    // One at a time: of two that push the same event at once, one is told that it was there.
    lock.withPermits(1)
  )

/** Serves pushes while it runs. */
export const makePushSource = Effect.fn("makePushSource")(function* (
  options: PushOptions & Named
): Effect.fn.Return<Source, SourceFailed> {
  const { name, socket, token_file } = options
  const token = yield* readPushToken(name, token_file)
  const status = yield* makeSourceStatus
  const lock = yield* Semaphore.make(1)

  const checkToken = (header: string | null) => {
    if (equalSecret(header ?? "", `Bearer ${Redacted.value(token)}`)) return
    throw new ConnectError("wrong or missing token", Code.Unauthenticated)
  }

  const run = Effect.fnUntraced(function* (sink: ObservationSink): Effect.fn.Return<never, SourceFailed> {
    const push = pushWith(options, status, sink, lock)
    return yield* Effect.scoped(
      Effect.gen(function* () {
        const services = yield* Effect.context()
        yield* listenOnSocket(name, socket, {
          messageBytesMax,
          routes: (router) =>
            router.service(SourceService, {
              push: (request, { requestHeader, signal }) => {
                checkToken(requestHeader.get("authorization"))
                return Effect.runPromiseWith(services)(push(request), { signal })
              }
            })
        })
        yield* status.watching
        return yield* Effect.never
      })
    )
  })

  return { name, sourceType: pushSourceType, state: status.state, run }
})
