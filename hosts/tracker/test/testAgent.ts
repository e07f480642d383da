/** An agent made of the library's own parts, that signs whatever a test asks for. */
import { AgentKey } from "@farmops/proof/AgentKey"
import * as Ed25519Node from "@farmops/proof/Ed25519Node"
import { FarmSalt } from "@farmops/proof/FarmSalt"
import { ProofBuilder, type VerifiedWork } from "@farmops/proof/ProofBuilder"
import { signStatement } from "@farmops/proof/signedStatement"
import type { ChainHead } from "@farmops/proof/verify"
import { Context, DateTime, Effect, Layer, Redacted } from "effect"

const layer = ProofBuilder.layer.pipe(
  Layer.provideMerge(Layer.merge(AgentKey.layerMemory, FarmSalt.layerMemory)),
  Layer.provide(Ed25519Node.layer)
)

const work: Effect.Effect<VerifiedWork> = Effect.map(DateTime.now, (timestamp) => ({
  timestamp,
  clusterAlias: "test",
  actor: { identifier: Redacted.make("ann@example.org"), type: "human" },
  action: {
    plugin: "farmops/test",
    action_type: "deploy",
    category: "reliability",
    subcategory: null,
    description: "Did 1 thing"
  },
  status: "success",
  evidence: new TextEncoder().encode("evidence"),
  hints: { complexity: "medium", impact_radius: 3, artifacts_touched: 2, time_spent_seconds: null }
}))

/** A fresh agent. `line` builds the proof that follows `head`; `chain` builds several, from the beginning. */
export const makeAgent = Effect.gen(function* () {
  const services = yield* Layer.build(layer)
  const key = Context.get(services, AgentKey)
  const builder = Context.get(services, ProofBuilder)
  const build = (head: ChainHead | null) => Effect.flatMap(work, (done) => builder.build(done, head))
  const chain = Effect.fnUntraced(function* (length: number) {
    const lines: Array<string> = []
    let head: ChainHead | null = null
    for (let sequence = 0; sequence < length; sequence++) {
      const { hash, line, proof }: Effect.Success<ReturnType<typeof build>> = yield* build(head)
      head = { sequence, proofId: proof.proof_id, hash }
      lines.push(line)
    }
    return lines
  })
  const enrolment = Effect.map(DateTime.now, (now) => {
    const body = {
      agent_id: key.agentId,
      public_key: key.publicKey,
      recovery_public_key: null,
      cluster_alias: "test",
      requested_at: DateTime.formatIso(now).replace(/\.\d+Z$/, "Z")
    }
    return { ...body, possession: signStatement(key, "farmops/enrolment/v1", body) }
  })
  return { agentId: key.agentId, publicKey: key.publicKey, build, chain, enrolment }
})
