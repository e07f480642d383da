/** An agent in memory that signs plain pieces of work, for commands that need a chain or a ledger with something in it. */
import { TrustStore } from "@farmops/core/farm/TrustStore"
import { wireNow } from "@farmops/core/farm/wireTime"
import { AgentKey } from "@farmops/proof/AgentKey"
import * as Ed25519Node from "@farmops/proof/Ed25519Node"
import { FarmSalt } from "@farmops/proof/FarmSalt"
import { ProofBuilder } from "@farmops/proof/ProofBuilder"
import { ProofChain } from "@farmops/proof/ProofChain"
import { ProofLog } from "@farmops/proof/ProofLog"
import { signStatement } from "@farmops/proof/signedStatement"
import type { Category } from "@farmops/proof/vocabulary"
import { DateTime, Effect, Layer, Redacted } from "effect"

export const layerWorkingAgent = ProofChain.layer.pipe(
  Layer.provide(ProofBuilder.layer),
  Layer.provideMerge(Layer.mergeAll(ProofLog.layerMemory, FarmSalt.layerMemory, AgentKey.layerMemory)),
  Layer.provide(Ed25519Node.layer)
)

/** Asks the tracker to take the agent and approves it. */
export const enrolled = Effect.gen(function* () {
  const key = yield* AgentKey
  const trust = yield* TrustStore
  const body = {
    agent_id: key.agentId,
    public_key: key.publicKey,
    recovery_public_key: null,
    cluster_alias: "local",
    requested_at: yield* wireNow
  }
  yield* trust.enroll({ ...body, possession: signStatement(key, "farmops/enrolment/v1", body) })
  yield* trust.approve(key.agentId)
})

/** Signs the next piece of work, on one working day; each has evidence of its own. */
export const signWork = Effect.fnUntraced(function* (at: number, category: Category = "toil") {
  const chain = yield* ProofChain
  return yield* chain.append(
    {
      timestamp: DateTime.makeUnsafe("2026-01-05T10:00:00Z"),
      clusterAlias: "local",
      actor: { identifier: Redacted.make("ann@example.org"), type: "human" },
      action: { plugin: "farmops/test", action_type: "fix", category, subcategory: null, description: "Fixed" },
      status: "success",
      evidence: new Uint8Array([at]),
      hints: { complexity: "low", impact_radius: 1, artifacts_touched: 1, time_spent_seconds: null }
    },
    `o${at}`
  )
})
