/** What every contestant sends and answers: one observation of 4 KiB, and one verdict. */
import { verified } from "@farmops/plugin-sdk/author/definePlugin"
import type { Observation } from "@farmops/plugin-sdk/contract/Observation"
import { DateTime, Redacted } from "effect"

/** Bytes of `raw_data`. */
export const payloadBytes = 4096

const lines = (text: string) => ({ kind: "bench", text })
const padding = payloadBytes - JSON.stringify(lines("")).length

/** JSON, as every source's data is: each server parses it. */
export const rawData = new TextEncoder().encode(JSON.stringify(lines("x".repeat(padding))))

const at = DateTime.makeUnsafe("2026-02-21T09:30:00Z")

export const observation: Observation = {
  observationId: "0".repeat(64),
  sourceType: "bench",
  rawData,
  detectedAt: at,
  occurredAt: at,
  subject: null,
  actor: { identifier: Redacted.make("ann@example.org"), type: "human" }
}

export const verdict = verified({
  action: "verify",
  category: "maintenance",
  description: "Did 1 thing",
  complexity: "low",
  impactRadius: 1,
  artifactsTouched: 1,
  evidence: { kind: "bench", seen: true }
})

/** The same as the peers' libraries take it. */
export const peerRequest = {
  observation_id: observation.observationId,
  source_type: observation.sourceType,
  raw_data: Buffer.from(rawData),
  detected_at: { seconds: String(at.epochMilliseconds / 1000), nanos: 0 }
}

export const peerResponse = {
  verdict: "verified",
  action_type: "verify",
  category: "maintenance",
  description: "Did 1 thing",
  scoring_hints: { complexity: "low", impact_radius: 1, artifacts_touched: 1 },
  evidence: Buffer.from('{"kind":"bench","seen":true}')
}
