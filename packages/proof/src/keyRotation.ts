/**
 * Handing a chain over to another key. The record is a proof like any other, signed by the key in force or by the agent's
 * recovery key; inside it the new key shows that somebody holds it, for this very place of this very chain.
 */
import { decodeHex } from "./hex.ts"
import { type FarmProof, type ProofFault, refuse } from "./proofForm.ts"
import { signStatement, verifyStatement } from "./signedStatement.ts"
import { isStrictPublicKey, type VerifyBackend } from "./strictEd25519.ts"

const tag = "farmops/rotation/v1"

/** The place in a chain at which a key takes over; what `possession` is bound to. */
export interface RotationPlace {
  readonly agent_id: string
  readonly prev_proof_hash: string | null
  readonly sequence: number
}

const bodyOf = ({ agent_id, prev_proof_hash, sequence }: RotationPlace): RotationPlace => ({
  agent_id,
  prev_proof_hash,
  sequence
})

/** What `key_rotation.possession` holds: the new key's signature over the place, 128 lowercase hex digits. */
export const signPossession = (
  newKey: { readonly sign: (message: Uint8Array) => string },
  place: RotationPlace
): string => signStatement(newKey, tag, bodyOf(place))

/** Whether the new key of a rotation may be one, and signed for this place. `null` when it may and did, or nothing rotates. */
export const checkPossession = (proof: FarmProof, backend: VerifyBackend): ProofFault | null => {
  const rotation = proof.key_rotation
  if (rotation === undefined) return null
  const keyBytes = decodeHex(rotation.new_public_key)
  if (keyBytes === null || !isStrictPublicKey(keyBytes)) {
    return refuse("bad_key", "key_rotation.new_public_key", "must be a key that is not of small order").fault
  }
  const { prev_proof_hash, sequence } = proof
  const place = { agent_id: proof.agent.agent_id, prev_proof_hash, sequence }
  return verifyStatement(backend, rotation.new_public_key, tag, place, rotation.possession)
    ? null
    : refuse("bad_possession", "key_rotation.possession", "was not made by the new key for this place of the chain")
        .fault
}
