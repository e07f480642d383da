/** The sentences about a proof bundle. They say no more than the check showed. */

import type { BundleFault, VerifiedBundle } from "../../proofBundle.ts"
import { headOf } from "../../verify.ts"
import type { FileVerdict } from "./fileVerdict.ts"

const partWords = { bundle: "the file", checkpoint: "its checkpoint", record: "its record" } as const

/** Which of the agent's keys signed the record. */
const signerWords = { agent: "the agent's key", recovery: "the agent's recovery key" } as const

const adviceOn = ({ code, part }: BundleFault): string | null => {
  if (code === "unsigned") return "The key is not that of the tracker that signed the checkpoint."
  if (code !== "bad_signature") return null
  return part === "record"
    ? "The agent's key must be the one in force at this place of its chain."
    : "The checkpoint was changed after it was signed."
}

/** The record was in the ledger when the checkpoint was signed. `by` is the key that signed it, where its signature was checked. */
export const goodBundle = (bundle: VerifiedBundle, by: keyof typeof signerWords): FileVerdict => {
  const { checkpoint, checks, index, proof } = bundle
  const byAgent = checks.includes("agent_signature")
  return {
    kind: "bundle",
    fault: null,
    proofs: 1,
    head: headOf(bundle),
    epochs: [],
    summary: `The bundle holds: proof ${proof.sequence} of agent ${proof.agent.agent_id} is line ${index} of the ledger ${checkpoint.origin}, counted from 0, which had ${checkpoint.size} lines when the tracker signed it.`,
    checked: [
      "The checkpoint is signed by the tracker's key.",
      "The path of hashes leads from the record's bytes to the root in the checkpoint.",
      "The record has the form of a FarmProof of version 1 and is spelled in the one way it may be.",
      ...(byAgent ? [`The record is signed by ${signerWords[by]}.`] : [])
    ],
    shows: [
      "The tracker held exactly this record at this place when it signed the checkpoint.",
      ...(byAgent ? [`Whoever holds ${signerWords[by]} signed exactly this record.`] : [])
    ],
    doesNotShow: [
      ...(byAgent
        ? []
        : ["That the agent made the record: nobody but the tracker says so until you give the agent's key."]),
      "That the tracker shows everybody the same ledger: that takes a witness, or two checkpoints and a consistency proof.",
      "That the record still counts: an agent may have been revoked since.",
      "That the keys are the tracker's and the agent's: learn them somewhere else than from whoever gave you the file."
    ]
  }
}

/** The part of the file that does not hold. */
export const badBundle = (fault: BundleFault): FileVerdict => {
  const advice = adviceOn(fault)
  const path = fault.part === "record" ? (fault.path ?? "record") : fault.part
  return {
    kind: "bundle",
    fault: { code: fault.code, line: null, path, detail: fault.detail, advice },
    proofs: 0,
    head: null,
    epochs: [],
    summary: `The proof bundle does not hold because of ${partWords[fault.part]}: ${fault.detail}.${advice === null ? "" : ` ${advice}`}`,
    checked: ["The file was checked from its outside in, up to what does not hold."],
    shows: [],
    doesNotShow: []
  }
}
