/** How an agent speaks to its tracker. A port, because tests and other transports stand in for the two layers here. */
import { Context, Effect, Layer } from "effect"
import type { EnrolmentAnswer, EnrolmentRequest } from "./enrolment.ts"
import type { SubmitResult, TrackerRefused, TrackerUnavailable } from "./submission.ts"
import { submitOverConnect } from "./trackerConnect.ts"
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
  /** Connect over HTTP/1.1 for proofs, REST for enrolment and wherever the server turns out not to speak Connect. */
  static readonly layer = (url: string): Layer.Layer<TrackerClient> =>
    Layer.sync(this, () => {
      const base = withoutSlash(url)
      const connect = submitOverConnect(base)
      const rest = submitOverRest(base)
      // Once a server has shown that it does not speak Connect, asking it again for each batch would only cost time.
      let speaksConnect = true
      const submit = (lines: ReadonlyArray<string>) =>
        speaksConnect
          ? connect(lines).pipe(
              Effect.catchTag("ConnectNotSpoken", () => {
                speaksConnect = false
                return rest(lines)
              })
            )
          : rest(lines)
      return { enroll: enrollOverRest(base), submit: (lines) => Effect.suspend(() => submit(lines)) }
    })

  /** Plain REST, one request for each proof: for networks that let nothing else through. */
  static readonly layerRest = (url: string): Layer.Layer<TrackerClient> =>
    Layer.sync(this, () => {
      const base = withoutSlash(url)
      return { enroll: enrollOverRest(base), submit: submitOverRest(base) }
    })
}

const withoutSlash = (url: string): string => url.replace(/\/+$/, "")
