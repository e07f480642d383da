/** The sentences about evidence of a fork. They say no more than the check showed. */
import type { ForkEvidence, ForkFault } from "../../forkEvidence.ts"
import type { FileVerdict } from "./fileVerdict.ts"

const none = { kind: "fork", proofs: 0, head: null, epochs: [] } as const

/** Both records are good and contradict each other. `isKnown`: the caller gave the key, and it is this one. */
export const goodFork = ({ agentId, publicKey, records, sequence }: ForkEvidence, isKnown: boolean): FileVerdict => ({
  ...none,
  fault: null,
  proofs: 2,
  summary: `The evidence holds: the key ${publicKey} signed two different records as number ${sequence} of agent ${agentId}.`,
  checked: [
    "Each of the two records has the form of a FarmProof of version 1 and is spelled in the one way it may be.",
    "Both are signed by the key that the evidence names, for the same place of the same agent's chain.",
    `They differ: their hashes are ${records[0].hash} and ${records[1].hash}.`,
    ...(isKnown ? ["The key is the one that you gave."] : [])
  ],
  shows: [
    "Whoever holds the key, or more than one who does, told two stories: the key was copied, or an agent was set back to an earlier state."
  ],
  doesNotShow: [
    ...(isKnown
      ? []
      : ["That the key is an agent's that you know: compare it with one that you learned somewhere else."]),
    "Which of the two records is the true one, and who made the other."
  ]
})

/** The part of the evidence that does not hold. */
export const badFork = (fault: ForkFault): FileVerdict => {
  const path = fault.part === "evidence" ? null : fault.path === null ? `record ${fault.record}` : fault.path
  const subject =
    fault.part === "evidence" ? "" : `record ${fault.record}: ${fault.path === null ? "" : `${fault.path} `}`
  return {
    ...none,
    fault: { code: fault.code, line: null, path, detail: fault.detail, advice: null },
    summary: `The fork evidence does not hold: ${subject}${fault.detail}.`,
    checked: ["The file was checked from its outside in, up to what does not hold."],
    shows: [],
    doesNotShow: []
  }
}

/** Good evidence against another key than the one that was asked about. */
export const otherKey = ({ publicKey, sequence }: ForkEvidence): FileVerdict => ({
  ...none,
  fault: {
    code: "other_key",
    line: null,
    path: null,
    detail: "the evidence is about another key than the one given",
    advice: `An agent that rotated had several keys: give the one in force at sequence ${sequence}.`
  },
  proofs: 2,
  summary: `The two records contradict each other, but the key ${publicKey} that signed them is not the one that you gave.`,
  checked: ["The two records hold and contradict each other."],
  shows: [],
  doesNotShow: ["Anything about the key that you gave."]
})
