/** A ledger of three proofs, and one of them as a bundle. */
import { chain } from "../../../conformance/proof/sampleProofs.ts"
import { checkpointOrigin, signCheckpoint } from "../src/checkpoint.ts"
import { hashLeaf, hashNodes } from "../src/merkleHash.ts"
import { nodeBackend } from "../src/NodeBackend.ts"
import { formatProofBundle } from "../src/proofBundle.ts"
import { noteKey } from "./noteKeys.ts"

export const tracker = noteKey("tracker")

const { sha256 } = nodeBackend
const lines = chain(3).map(({ text }) => text)
const [first, second, third] = lines.map((line) => hashLeaf(new TextEncoder().encode(line), sha256))
if (first === undefined || second === undefined || third === undefined) throw new Error("three lines have three leaves")

const checkpointOf = (size: number, root: Uint8Array): string =>
  signCheckpoint(tracker, {
    origin: checkpointOrigin("0b5d3f6a-8c1e-4f7a-9a55-1d2c3b4a5f60"),
    size,
    root,
    previous: null
  })
const checkpoint = checkpointOf(3, hashNodes(hashNodes(first, second, sha256), third, sha256))

/** The second proof, with its path to the root that the checkpoint signs. */
export const sampleBundle = formatProofBundle({ line: lines[1] ?? "", index: 1, hashes: [first, third], checkpoint })

/** A record that is the whole ledger, as a bundle. */
export const bundleOfOne = (line: string): string =>
  formatProofBundle({
    line,
    index: 0,
    hashes: [],
    checkpoint: checkpointOf(1, hashLeaf(new TextEncoder().encode(line), sha256))
  })
