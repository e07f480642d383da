/** One agent that tells two stories about its third proof. */
import { agent, chain, withFields } from "../../../conformance/proof/sampleProofs.ts"
import { makeForkEvidence } from "../src/forkEvidence.ts"
import { nodeBackend } from "../src/NodeBackend.ts"

const one = chain(3).at(-1)?.text ?? ""
const other =
  chain(3, (record, at) => (at === 2 ? withFields(record, { "scoring_hints.impact_radius": 9 }) : record)).at(-1)
    ?.text ?? ""

const made = makeForkEvidence(agent.publicKey, one, other, nodeBackend)
if (!made.ok) throw new Error(made.fault.code)

/** The evidence, as one line without its line feed. */
export const sampleFork = made.value.line
