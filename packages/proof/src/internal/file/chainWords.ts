/** The sentences about a chain and about a proof alone. They say no more than the check showed. */

import { parseProof } from "../../parseProof.ts"
import { type ChainHead, type CheckedProof, headOf, type KeyEpoch, type ProofFault } from "../../verify.ts"
import { counted, type FileFault, type FileVerdict } from "./fileVerdict.ts"

/** How far a chain was walked. */
export interface ChainWalk {
  readonly count: number
  readonly head: ChainHead | null
  readonly epochs: ReadonlyArray<KeyEpoch>
}

const ownKey = "That the key is the agent's: learn it somewhere else than from whoever gave you the file."
const asDescribed = "That the work was done as described: that is for the plugin's source and the agent's evidence."

const checkedOfLine = [
  "Each line has the form of a FarmProof of version 1 and is spelled in the one way it may be.",
  "Each is signed by the key in force at its place.",
  "Each follows the one before it, from sequence 0: its number, the hash and the id that it carries. All are of one agent, and no id occurs twice."
]

const handedOver = (epochs: ReadonlyArray<KeyEpoch>): ReadonlyArray<string> =>
  epochs.length < 2
    ? []
    : [
        `The key changed ${epochs.length === 2 ? "once" : `${epochs.length - 1} times`}: each time the key in force or the recovery key signed for it, and the holder of the new key did too.`
      ]

/** Every line holds. */
export const goodChain = ({ count, epochs, head }: ChainWalk): FileVerdict => ({
  kind: "chain",
  fault: null,
  proofs: count,
  head,
  epochs,
  summary: `${count === 1 ? "The only proof holds" : `All ${count} proofs hold`}, and the chain is whole from sequence 0.`,
  checked: [...checkedOfLine, ...handedOver(epochs)],
  shows: [
    `${epochs.length < 2 ? "Whoever holds the key" : "Whoever held the key in force at each place"} signed exactly these records in exactly this order, with none missing between the first and the last.`
  ],
  doesNotShow: [
    "That the last line is the latest: compare its hash with a head that you know from somewhere else.",
    ownKey,
    asDescribed
  ]
})

/** One record that is not the first of a chain: its signature holds, and its place is not known. */
export const goodProof = (checked: CheckedProof): FileVerdict => ({
  kind: "proof",
  fault: null,
  proofs: 1,
  head: headOf(checked),
  epochs: [],
  summary: `The proof holds by itself. It says that it is number ${checked.proof.sequence} of its chain.`,
  checked: [
    "The record has the form of a FarmProof of version 1 and is spelled in the one way it may be.",
    "It is signed by the key."
  ],
  shows: ["Whoever holds the key signed exactly this record."],
  doesNotShow: [
    "That the proofs before it exist: that takes the whole chain.",
    "That its agent or its tracker still stand by it: that takes a proof bundle.",
    ownKey,
    asDescribed
  ]
})

const adviceOn = (fault: ProofFault, lineNumber: number, mayNeedRecoveryKey: boolean): string | null => {
  switch (fault.code) {
    case "bad_signature":
      if (mayNeedRecoveryKey)
        return "It hands the chain to another key: if the agent has a recovery key, give that too."
      return lineNumber === 1
        ? "Either it was changed after it was signed, or the key is not this agent's."
        : "It was changed after it was signed, or another key signed it."
    case "wrong_sequence":
      return lineNumber === 1
        ? "The file does not begin with the agent's first proof."
        : "A proof is missing, repeated or out of place."
    case "wrong_parent":
      return "It continues another chain: a proof before it was changed, or the chain forked."
    default:
      return null
  }
}

/** The first line that does not hold, after `walk`. */
export const badChain = (
  walk: ChainWalk,
  fault: ProofFault,
  line: Uint8Array,
  hasRecoveryKey: boolean
): FileVerdict => {
  const lineNumber = walk.count + 1
  const parsed = hasRecoveryKey ? null : parseProof(line)
  const mayNeedRecoveryKey = parsed?.ok === true && parsed.value.proof.key_rotation !== undefined
  const advice = adviceOn(fault, lineNumber, mayNeedRecoveryKey)
  const found: FileFault = { ...fault, line: lineNumber, advice }
  return {
    kind: "chain",
    fault: found,
    proofs: walk.count,
    head: walk.head,
    epochs: walk.epochs,
    summary: `Line ${lineNumber} does not hold: ${fault.path === null ? "it" : fault.path} ${fault.detail}.${advice === null ? "" : ` ${advice}`}`,
    checked: [...checkedOfLine, `The check went from the first line to line ${lineNumber} and stopped there.`],
    shows:
      walk.count === 0 ? [] : [`${counted(walk.count, "proof")} before it: good, and a whole chain from sequence 0.`],
    doesNotShow: ["Anything about the lines after it."]
  }
}
