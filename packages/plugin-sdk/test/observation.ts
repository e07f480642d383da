/** Observations for tests. */
import { DateTime, Redacted } from "effect"
import type { Observation } from "../src/contract/Observation.ts"

const at = DateTime.makeUnsafe("2026-02-21T09:30:00Z")

/** An observation of the source "test" that carries `data` as JSON. */
export const observation = (data: unknown, changes: Partial<Observation> = {}): Observation => ({
  observationId: "0".repeat(64),
  sourceType: "test",
  rawData: new TextEncoder().encode(JSON.stringify(data)),
  detectedAt: at,
  occurredAt: at,
  subject: null,
  actor: { identifier: Redacted.make("ann@example.org"), type: "human" },
  ...changes
})
