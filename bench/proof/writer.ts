/** An agent without Effect: signs one fresh proof after another. */
import { randomUUID } from "node:crypto"
import { signProof } from "@farmops/proof/signProof"
import { type ChainHead, headOf } from "@farmops/proof/verify"
import { bodyAt, type Key } from "./records.ts"

/** As an agent makes them: the milliseconds of now, then chance, so that ids of one time lie side by side in an index. */
const uuidV7 = (): string => {
  const ms = Date.now().toString(16).padStart(12, "0")
  return `${ms.slice(0, 8)}-${ms.slice(8)}-7${randomUUID().slice(15)}`
}

export const makeWriter = (key: Key) => {
  const agentId = randomUUID()
  let head: ChainHead | null = null
  const next = (): string => {
    const body = bodyAt(head === null ? 0 : head.sequence + 1, head)
    const proof = {
      ...body,
      proof_id: uuidV7(),
      timestamp: `${new Date().toISOString().slice(0, 19)}Z`,
      agent: { ...body.agent, agent_id: agentId }
    }
    const made = signProof(proof, head, key)
    if (!made.ok) throw new Error(made.fault.detail)
    head = headOf(made.value)
    return made.value.line
  }
  return { agentId, next }
}
