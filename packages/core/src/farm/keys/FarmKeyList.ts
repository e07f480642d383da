/** What a farm tells everybody of its own keys. The wire form. */
import { AgentId, ProofHash } from "@farmops/proof/FarmProof"
import { trackerRotationsMax } from "@farmops/proof/trackerRotation"
import { Schema } from "effect"

/** Whoever knows one of the keys can follow the rotations to the one in force. */
export const FarmKeyList = Schema.Struct({
  farm_id: AgentId,
  /** The key in force. */
  public_key: ProofHash,
  /** What two people compare of it. */
  fingerprint: Schema.String,
  /** All rotations in their order, each the exact line of its event. */
  rotations: Schema.Array(Schema.String).check(Schema.isMaxLength(trackerRotationsMax))
})

/** See the schema of the same name. */
export type FarmKeyList = typeof FarmKeyList.Type
