/** Verified work for tests, and the layers that turn it into proofs. */
import { DateTime, Layer, Redacted } from "effect"
import { AgentKey } from "../src/AgentKey.ts"
import * as Ed25519Node from "../src/Ed25519Node.ts"
import { FarmSalt } from "../src/FarmSalt.ts"
import { ProofBuilder, type VerifiedWork } from "../src/ProofBuilder.ts"

export const personEmail = "Ada.Lovelace@example.org"
export const rawEvidence = "pod prod/checkout-7d9f is Running"

export const work = (change: Partial<VerifiedWork> = {}): VerifiedWork => ({
  timestamp: DateTime.makeUnsafe("1969-07-20T20:17:40.999Z"),
  clusterAlias: "prod-eu-1",
  actor: { identifier: Redacted.make(personEmail), type: "human" },
  action: {
    plugin: "farmops/k8s-pod-health",
    action_type: "verify",
    category: "maintenance",
    subcategory: null,
    description: "Verified pod health (52 pods healthy)"
  },
  status: "success",
  evidence: new TextEncoder().encode(rawEvidence),
  hints: { complexity: "low", impact_radius: 3, artifacts_touched: 52, time_spent_seconds: null },
  ...change
})

/** Keys and builder of one fresh agent. */
export const agentLayer = ProofBuilder.layer.pipe(
  Layer.provideMerge(AgentKey.layerMemory),
  Layer.provideMerge(FarmSalt.layerMemory),
  Layer.provide(Ed25519Node.layer)
)
