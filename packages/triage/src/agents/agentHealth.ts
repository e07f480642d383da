/** Asks an agent what it is, until it answers or its time is over, and whether we can speak with it. */
import { boundedFetch } from "@farmops/core/http/boundedFetch"
import { Clock, Effect, Schema } from "effect"
import { type AgentHealth, agreeOnVersion, decodeAgentHealth } from "../protocol/agentWire.ts"
import { protocolVersion } from "../protocol/Task.ts"
import { AgentStartFailed } from "./AgentRun.ts"

const healthBytesMax = 64 * 1024
const healthMs = 2000

// A program needs some tenths of a second to start; asking more often only takes time from it.
const pauseMs = 100

const fromText = Schema.decodeUnknownEffect(Schema.fromJsonString(Schema.Unknown))

/** One question; fails with what came instead of an answer. */
export const askHealth = (url: string): Effect.Effect<AgentHealth, string> =>
  boundedFetch({ url: `${url}/health`, timeoutMs: healthMs, bytesMax: healthBytesMax }).pipe(
    Effect.mapError((error) => error.message),
    Effect.flatMap(({ status, text }) =>
      status === 200 ? Effect.succeed(text) : Effect.fail(`/health answered ${status}`)
    ),
    Effect.flatMap((text) =>
      Effect.flatMap(fromText(text), decodeAgentHealth).pipe(
        Effect.mapError(() => "/health answered with something that is not agent-v0's")
      )
    )
  )

/** Waits until the agent answers, at most `withinMs`. An agent without a version of ours is a permanent failure. */
export const waitForHealth = Effect.fn("waitForHealth")(function* (agent: string, url: string, withinMs: number) {
  const until = (yield* Clock.currentTimeMillis) + withinMs
  for (;;) {
    const answer = yield* Effect.result(askHealth(url))
    if (answer._tag === "Success") {
      if (agreeOnVersion([protocolVersion], answer.success.protocol_versions) !== null) return answer.success
      const reason = `it speaks the protocol's versions ${answer.success.protocol_versions.join(", ")}, and we ${protocolVersion}`
      return yield* new AgentStartFailed({ agent, reason, permanent: true })
    }
    if ((yield* Clock.currentTimeMillis) >= until) {
      const reason = `it did not answer within ${withinMs} ms (${answer.failure})`
      return yield* new AgentStartFailed({ agent, reason, permanent: false })
    }
    yield* Effect.sleep(pauseMs)
  }
})
