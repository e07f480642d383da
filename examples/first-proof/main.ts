/** Signs a chain of three proofs in memory, then checks it with nothing but its public key. */
import { AgentKey } from "@farmops/proof/AgentKey"
import * as Ed25519Node from "@farmops/proof/Ed25519Node"
import { FarmSalt } from "@farmops/proof/FarmSalt"
import { nodeBackend } from "@farmops/proof/NodeBackend"
import { ProofBuilder, type VerifiedWork } from "@farmops/proof/ProofBuilder"
import { ProofChain } from "@farmops/proof/ProofChain"
import { ProofLog } from "@farmops/proof/ProofLog"
import { verifyChain } from "@farmops/proof/verify"
import { Console, DateTime, Effect, Layer, Redacted } from "effect"

const work = (pods: number): VerifiedWork => ({
  timestamp: DateTime.makeUnsafe("2026-02-21T09:30:00Z"),
  clusterAlias: "prod-eu-1",
  actor: { identifier: Redacted.make("ada@example.org"), type: "human" },
  action: {
    plugin: "farmops/k8s-pod-health",
    action_type: "verify",
    category: "maintenance",
    subcategory: null,
    description: `Verified pod health (${pods} pods healthy)`
  },
  status: "success",
  evidence: new TextEncoder().encode(`raw evidence that stays here: ${pods}`),
  hints: { complexity: "low", impact_radius: 3, artifacts_touched: pods, time_spent_seconds: null }
})

// #region chain
// #region chain
const program = Effect.gen(function* () {
  const chain = yield* ProofChain
  const key = yield* AgentKey
  const receipts = yield* Effect.forEach([52, 53, 51], (pods, at) => chain.append(work(pods), `observation-${at}`))
  const lines = receipts.map((receipt) => receipt.line)
  yield* Console.log("as it is: ", verifyChain(lines, key.publicKey, nodeBackend))
  const edited = lines.map((line) => line.replace("52 pods", "99 pods"))
  yield* Console.log("edited:   ", verifyChain(edited, key.publicKey, nodeBackend))
})

const chainInMemory = ProofChain.layer.pipe(
  Layer.provide([ProofBuilder.layer, ProofLog.layerMemory]),
  Layer.provideMerge(AgentKey.layerMemory),
  Layer.provide([FarmSalt.layerMemory, Ed25519Node.layer])
)

await Effect.runPromise(Effect.provide(program, chainInMemory))
// #endregion
// #endregion
