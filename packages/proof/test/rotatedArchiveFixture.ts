/** A ledger whose tracker rotated its key in it, and once more before the ledger went into a file. */
import { agent, chain, hashOf } from "../../../conformance/proof/sampleProofs.ts"
import { type ArchiveHeader, signArchiveHeader } from "../src/archiveHeader.ts"
import { canonicalJson } from "../src/canonicalJson.ts"
import { checkpointOrigin, signCheckpoint } from "../src/checkpoint.ts"
import { encodeHex } from "../src/hex.ts"
import { hashLeaf, makeCompactRange } from "../src/merkle.ts"
import { nodeBackend } from "../src/NodeBackend.ts"
import { signStatement } from "../src/signedStatement.ts"
import { signTakeover, trackerRotationKind } from "../src/trackerRotation.ts"
import { noteKey } from "./noteKeys.ts"

type Key = ReturnType<typeof noteKey>

export const [first, second, third] = [noteKey("tracker"), noteKey("tracker 2"), noteKey("tracker 3")] as const
export const farmId = "0b5d3f6a-8c1e-4f7a-9a55-1d2c3b4a5f60"

const at = "2026-02-21T09:30:00Z"
const { sha256 } = nodeBackend
const utf8 = new TextEncoder()

/** The line of an event that this key signed. */
export const eventBy = (key: Key, position: number, told: object): string => {
  const body = { schema: "farmops/event/1", farm_id: farmId, position, at, ...told }
  return canonicalJson({ body, public_key: key.publicKey, signature: signStatement(key, "farmops/event/v1", body) })
}

export const approvalBy = (key: Key, position: number): string =>
  eventBy(key, position, {
    kind: "agent_approved",
    agent_id: "4b1f7f0c-6a52-4a6e-8d0e-3f6d2a9c5b17",
    public_key: agent.publicKey,
    recovery_public_key: null
  })

/** The rotation from one key to another at a position; honest where `to` itself shows that somebody holds it. */
export const rotationOf = (from: Key, to: Key, position: number, possessed: Key = to): string =>
  eventBy(from, position, {
    kind: trackerRotationKind,
    new_public_key: to.publicKey,
    possession: signTakeover(possessed, { at, farm_id: farmId, position, public_key: from.publicKey })
  })

const proofs = chain(4)

/** The key goes over from `first` to `second` at position 3, and at position 8, after the end of the file, to `third`. */
export const rotations: ReadonlyArray<string> = [rotationOf(first, second, 3), rotationOf(second, third, 8)]
export const ledger: ReadonlyArray<string> = [
  approvalBy(first, 0),
  ...proofs.slice(0, 2).map(({ text }) => text),
  rotations[0] ?? "",
  proofs[2]?.text ?? "",
  approvalBy(second, 5),
  proofs[3]?.text ?? ""
]

const rangeOf = (lines: ReadonlyArray<string>) => {
  const tree = makeCompactRange(sha256)
  for (const line of lines) tree.append(hashLeaf(utf8.encode(line), sha256))
  return tree
}

const head = (sequence: number) => {
  const record = proofs[sequence]?.record ?? {}
  return { sequence, proof_id: String(record.proof_id), hash: hashOf(record) }
}

/** A file of these lines of the ledger, which a tracker with these keys could write. */
export interface RotatedArchive {
  readonly from: number
  readonly lines: ReadonlyArray<string>
  readonly rotations: ReadonlyArray<string> | null
  /** Who signs the checkpoint, and who the first line. */
  readonly checkpointBy: Key
  readonly headerBy: Key
}

const usual: RotatedArchive = { from: 0, lines: ledger, rotations, checkpointBy: second, headerBy: third }

/** The bytes of a file that may be wrong in one way. */
export const rotatedArchive = (changed: Partial<RotatedArchive> = {}): Uint8Array => {
  const { checkpointBy, from, headerBy, lines, rotations: told } = { ...usual, ...changed }
  const to = lines.length
  const kept = lines.slice(from)
  const before = lines.slice(0, from).filter((line) => line.startsWith('{"action":')).length
  const after = lines.filter((line) => line.startsWith('{"action":')).length
  const epochs = [{ first_sequence: 0, public_key: agent.publicKey }]
  const root = rangeOf(lines).root()
  const header: ArchiveHeader = {
    schema: "farmops/archive/1",
    farm_id: farmId,
    from,
    to,
    count: to - from,
    checkpoint: signCheckpoint(checkpointBy, { origin: checkpointOrigin(farmId), size: to, root, previous: null }),
    range: rangeOf(lines.slice(0, from)).hashes().map(encodeHex),
    agents: [
      {
        agent_id: "4b1f7f0c-6a52-4a6e-8d0e-3f6d2a9c5b17",
        recovery_public_key: null,
        branches: [{ after: before === 0 ? null : head(before - 1), epochs }],
        head: head(after - 1),
        epochs
      }
    ],
    projection_sha256: "ab".repeat(32),
    rows_sha256: "cd".repeat(32),
    archived_at: "2026-03-01T00:00:00Z",
    ...(told === null ? {} : { rotations: told })
  }
  return utf8.encode([signArchiveHeader(headerBy, header), ...kept].map((line) => `${line}\n`).join(""))
}
