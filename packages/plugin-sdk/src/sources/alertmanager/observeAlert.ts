/** From a change of an alert to an observation. Pure: the time now is an argument. */
import { DateTime, Redacted } from "effect"
import type { AlertEvent } from "../../contract/AlertEvent.ts"
import type { Observation } from "../../contract/Observation.ts"
import type { Named } from "../localObservation.ts"
import { opaqueId } from "../opaqueId.ts"
import type { AlertmanagerOptions } from "./AlertmanagerOptions.ts"
import type { Transition } from "./alertStates.ts"

/** The source type of alerts. */
export const alertSourceType = "prometheus"

const utf8 = new TextEncoder()

/** The same change has the same id, whether a webhook told it or a poll found it. */
export const observeAlert = (
  { actor, actor_type = "human", name }: AlertmanagerOptions & Named,
  { alert, mark }: Transition,
  nowMs: number
): Observation => {
  const { endsAt, fingerprint, labels, silences, startsAt, status } = alert
  const event: AlertEvent = {
    kind: "alert",
    fingerprint,
    status,
    starts_at: startsAt,
    ends_at: endsAt,
    seen_at: new Date(nowMs).toISOString(),
    labels,
    silences
  }
  const silence = status === "suppressed" ? silences[0] : undefined
  const began = silence === undefined ? startsAt : silence.starts_at
  const happened = status === "resolved" ? endsAt : began
  const silencer = silence === undefined || silence.created_by === "" ? null : silence.created_by.toLowerCase()
  return {
    observationId: opaqueId("farmops/alert", name, fingerprint, startsAt, status, mark),
    sourceType: alertSourceType,
    rawData: utf8.encode(JSON.stringify(event)),
    detectedAt: DateTime.makeUnsafe(nowMs),
    occurredAt: DateTime.makeUnsafe(Math.max(0, Math.min(Date.parse(happened ?? "") || nowMs, nowMs))),
    // Of all its firings: that one flaps can only be told by what is remembered from one to the next.
    subject: opaqueId("farmops/alert subject", name, fingerprint),
    actor: {
      identifier: Redacted.make(silencer ?? actor, { label: "actor" }),
      type: silencer === null ? actor_type : "human"
    }
  }
}
