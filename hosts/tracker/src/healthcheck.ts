/** Asks a tracker on this machine whether it can serve; for containers, whose image has no other program to ask with. */
import { exitCodes } from "@farmops/core/host/exitCodes"
import { Effect, Runtime, Schema } from "effect"

/** It does not answer, or a part of it is not ready; the message says which. */
export class NotReady extends Schema.TaggedError<NotReady>()("NotReady", { message: Schema.String }) {
  override readonly [Runtime.errorExitCode] = exitCodes.unavailable
}

// A tracker that is at work on a large group answers within a second.
const waitMs = 5000

/** Succeeds when `/readyz` says yes. */
export const healthcheck = (url: string): Effect.Effect<void, NotReady> =>
  Effect.tryPromise({
    try: async () => {
      const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(waitMs) })
      return { ok: response.ok, words: (await response.text()).trim().slice(0, 200) }
    },
    catch: () => new NotReady({ message: `no tracker answers at ${url}` })
  }).pipe(Effect.flatMap(({ ok, words }) => (ok ? Effect.void : Effect.fail(new NotReady({ message: words })))))
