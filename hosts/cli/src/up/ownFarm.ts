/** What `up` does as the owner of the farm that it just started: it lets its own agent in, and shows the farm in its own village. */
import { AgentStatus } from "@farmops/agent/layer"
import { Effect, Schedule, Schema, Stream, SubscriptionRef } from "effect"
import { requestJson } from "../FarmConnection.ts"

// The servers are in this process: what does not work within a second will not work by waiting.
const soon = Schedule.exponential("50 millis").pipe(Schedule.upTo({ times: 5 }))

const anything = Schema.Record(Schema.String, Schema.Unknown)

/** Approves this process's agent once it has asked, and no other: whoever else asks waits for a person. */
export const approveOwnAgent = Effect.gen(function* () {
  const { state } = yield* AgentStatus
  const asked = SubscriptionRef.changes(state).pipe(
    Stream.filter((now) => now.enrolment !== "unknown" && now.enrolment !== "tracker_unreachable")
  )
  const first = yield* Stream.runHead(asked)
  if (first._tag === "None" || first.value.enrolment !== "pending" || first.value.agent_id === null) return
  yield* requestJson(`/api/v1/agents/${first.value.agent_id}/approve`, anything, {
    method: "POST",
    asOwner: true
  }).pipe(Effect.retry(soon))
})

/** Registers the farm with a village. Registering again is harmless, so each start does it. */
export const joinOwnVillage = (url: string) =>
  requestJson("/api/v1/villages", anything, { method: "POST", body: { url }, asOwner: true }).pipe(
    Effect.retry(soon),
    Effect.asVoid
  )
