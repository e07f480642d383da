/** The proofs that a stopped agent has in its log, as its key signed them. */
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { NodeServices } from "@effect/platform-node"
import { AgentKey } from "@farmops/proof/AgentKey"
import * as Ed25519Node from "@farmops/proof/Ed25519Node"
import { nodeBackend } from "@farmops/proof/NodeBackend"
import { verifyChain } from "@farmops/proof/verify"
import { Effect, Layer } from "effect"

/** One proof: its bytes, and what they say as far as these tests look. */
export interface ChainedProof {
  readonly line: string
  readonly action: { readonly plugin: string; readonly description: string; readonly subcategory: string | null }
}

const publicKeyOf = (data: string) =>
  Effect.map(AgentKey, ({ publicKey }) => publicKey).pipe(
    Effect.provide(AgentKey.layerFile(data).pipe(Layer.provide(Ed25519Node.layer), Layer.provide(NodeServices.layer))),
    Effect.runPromise
  )

/** The whole chain of the agent with this data folder. Fails where any line is not what the key signed. */
export const chainOf = async (data: string): Promise<ReadonlyArray<ChainedProof>> => {
  const db = new DatabaseSync(join(data, "agent.db"), { readOnly: true })
  const rows = db.prepare("SELECT line FROM agent_proof ORDER BY sequence").all()
  db.close()
  const lines = rows.map(({ line }) => String(line))
  const verdict = verifyChain(lines, await publicKeyOf(data), nodeBackend)
  if (!verdict.ok) throw new Error(`line ${verdict.line} of the chain does not hold: ${JSON.stringify(verdict.fault)}`)
  return lines.map((line) => ({ line, action: JSON.parse(line).action }))
}
