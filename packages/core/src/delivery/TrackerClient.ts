/** How an agent speaks to its tracker. A port, because tests and other transports stand in for the two layers here. */
import { Context, Effect, Layer } from "effect"
import type { EnrolmentAnswer, EnrolmentRequest } from "./enrolment.ts"
import type { SubmitResult, TrackerRefused, TrackerUnavailable } from "./submission.ts"
import type { TrackerAccess } from "./TrackerAccess.ts"
import { submitOverConnect, submitOverGrpc } from "./trackerConnect.ts"
import { enrollOverRest, submitOverRest } from "./trackerRest.ts"

/** The port. Lines are the exact canonical text of proofs, in the order of their chain. */
export class TrackerClient extends Context.Service<
  TrackerClient,
  {
    /** Idempotent for one key: asking again tells how things stand. */
    readonly enroll: (request: EnrolmentRequest) => Effect.Effect<EnrolmentAnswer, TrackerUnavailable | TrackerRefused>
    /**
     * Results in the order of the lines. There may be fewer: after a refusal nothing is stored, and a tracker that goes
     * away midway has answered for the first of them only. At most `submitLinesMax` lines.
     */
    readonly submit: (
      lines: ReadonlyArray<string>
    ) => Effect.Effect<ReadonlyArray<SubmitResult>, TrackerUnavailable | TrackerRefused>
  }
>()("@farmops/core/delivery/TrackerClient") {
  /**
   * With TLS gRPC, without it Connect over HTTP/1.1; Connect, then REST, wherever the way there turns out not to carry the one
   * before. REST for enrolment.
   */
  static readonly layer = (url: string, access: TrackerAccess = {}): Layer.Layer<TrackerClient> =>
    Layer.effect(this, make(withoutSlash(url), access))

  /** Plain REST, one request for each proof: for networks that let nothing else through. */
  static readonly layerRest = (url: string, access: TrackerAccess = {}): Layer.Layer<TrackerClient> =>
    Layer.sync(this, () => {
      const base = withoutSlash(url)
      return { enroll: enrollOverRest(base, access), submit: submitOverRest(base, access) }
    })
}

const make = Effect.fnUntraced(function* (base: string, access: TrackerAccess) {
  const grpc = base.startsWith("https:") ? yield* submitOverGrpc(base, access) : null
  const connect = submitOverConnect(base, access)
  const rest = submitOverRest(base, access)
  // Once a server has shown that it does not speak Connect, asking it again for each batch would only cost time.
  let speaksConnect = true
  // Something on the way may not carry HTTP/2. Tried again after the tracker was away, when the way may be another.
  let carriesGrpc = true

  const withoutGrpc = (lines: ReadonlyArray<string>) =>
    speaksConnect
      ? connect(lines).pipe(
          Effect.catchTag("ConnectNotSpoken", () => {
            speaksConnect = false
            return rest(lines)
          })
        )
      : rest(lines)

  const overHttp1 = (lines: ReadonlyArray<string>) =>
    withoutGrpc(lines).pipe(
      Effect.tapError(() =>
        Effect.sync(() => {
          carriesGrpc = true
        })
      )
    )

  const fallBack = (lines: ReadonlyArray<string>) =>
    withoutGrpc(lines).pipe(
      Effect.tap(() => {
        carriesGrpc = false
        return Effect.logInfo("gRPC does not reach the tracker; proofs travel over HTTP/1.1")
      })
    )

  const submit = (lines: ReadonlyArray<string>) => {
    if (grpc === null) return withoutGrpc(lines)
    if (!carriesGrpc) return overHttp1(lines)
    return grpc(lines).pipe(
      Effect.catchTags({
        ConnectNotSpoken: () => fallBack(lines),
        // A tracker that asks to wait was reached.
        TrackerUnavailable: (error) => (error.retryAfterMs === null ? fallBack(lines) : Effect.fail(error))
      })
    )
  }
  return TrackerClient.of({
    enroll: enrollOverRest(base, access),
    submit: (lines) => Effect.suspend(() => submit(lines))
  })
})

const withoutSlash = (url: string): string => url.replace(/\/+$/, "")
