/** A small ledger: two agents, the tracker's events, a theft of one agent's key and its recovery. And a run of it as an archive file. */
import { canonicalJson } from "@farmops/proof/canonicalJson"
import {
  agent,
  body,
  hashOf,
  type Loose,
  nextKey,
  recovery,
  rotating,
  signed,
  stranger,
  thirdKey,
  withFields
} from "../../../conformance/proof/sampleProofs.ts"
import { type ArchiveHeader, signArchiveHeader } from "../src/archiveHeader.ts"
import { checkpointOrigin, signCheckpoint } from "../src/checkpoint.ts"
import { encodeHex } from "../src/hex.ts"
import { hashLeaf, makeCompactRange } from "../src/merkle.ts"
import { nodeBackend } from "../src/NodeBackend.ts"
import { signStatement } from "../src/signedStatement.ts"
import { noteKey } from "./noteKeys.ts"

export const tracker = noteKey("tracker")
export const farmId = "0b5d3f6a-8c1e-4f7a-9a55-1d2c3b4a5f60"
const otherId = "7d0c7a52-3a0e-4a7e-8f56-2b1d9b0c4e11"
const { sha256 } = nodeBackend
const utf8 = new TextEncoder()

let made = 0
const record = (sequence: number, parent: Loose | null, fields: Loose = {}): Loose =>
  withFields(body(sequence, parent), {
    proof_id: `019400d5-8b0a-7c3e-9f22-${String(made++).padStart(12, "0")}`,
    ...fields
  })

const event = (position: number, at = position): string => {
  const told = {
    schema: "farmops/event/1",
    farm_id: farmId,
    position: at,
    at: "2026-02-21T09:30:00Z",
    kind: "agent_approved",
    agent_id: otherId,
    public_key: stranger.publicKey,
    recovery_public_key: null
  }
  return canonicalJson({
    body: told,
    public_key: tracker.publicKey,
    signature: signStatement(tracker, "farmops/event/v1", told)
  })
}
/** An event that was signed for another place than its own. */
export const misplacedEvent = event(4, 3)

const ours = { "agent.agent_id": otherId }
const a0 = signed(record(0, null))
const b0 = signed(record(0, null, ours), stranger)
const a1 = signed(record(1, a0.record))
const a2 = signed(record(2, a1.record))
const stolen3 = signed(rotating(record(3, a2.record), thirdKey))
const stolen4 = signed(record(4, stolen3.record), thirdKey)
const a3 = signed(rotating(record(3, a2.record)), recovery)
const a4 = signed(record(4, a3.record), nextKey)
const b1 = signed(record(1, b0.record, ours), stranger)
const a5 = signed(record(5, a4.record), nextKey)

/** The lines by position. The archive begins at position 4. */
export const ledger: ReadonlyArray<string> = [
  event(0),
  ...[a0, b0, a1].map(({ text }) => text),
  event(4),
  ...[a2, stolen3, stolen4, a3, a4, b1, a5].map(({ text }) => text)
]
export const from = 4

const leaf = (line: string) => hashLeaf(utf8.encode(line), sha256)
const treeOf = (lines: ReadonlyArray<string>) => {
  const tree = makeCompactRange(sha256)
  for (const line of lines) tree.append(leaf(line))
  return tree
}
const head = ({ record }: { readonly record: Loose }) => ({
  sequence: Number(record.sequence),
  proof_id: String(record.proof_id),
  hash: hashOf(record)
})
const epochs = [{ first_sequence: 0, public_key: agent.publicKey }]

/** What the tracker says of the file. */
export const header: ArchiveHeader = {
  schema: "farmops/archive/1",
  farm_id: farmId,
  from,
  to: ledger.length,
  count: ledger.length - from,
  checkpoint: signCheckpoint(tracker, {
    origin: checkpointOrigin(farmId),
    size: ledger.length,
    root: treeOf(ledger).root(),
    previous: null
  }),
  range: treeOf(ledger.slice(0, from)).hashes().map(encodeHex),
  agents: [
    {
      agent_id: "4b1f7f0c-6a52-4a6e-8d0e-3f6d2a9c5b17",
      recovery_public_key: recovery.publicKey,
      branches: [
        { after: head(a1), epochs },
        { after: head(a2), epochs }
      ],
      head: head(a5),
      epochs: [...epochs, { first_sequence: 4, public_key: nextKey.publicKey }]
    },
    {
      agent_id: otherId,
      recovery_public_key: null,
      branches: [{ after: head(b0), epochs: [{ first_sequence: 0, public_key: stranger.publicKey }] }],
      head: head(b1),
      epochs: [{ first_sequence: 0, public_key: stranger.publicKey }]
    }
  ],
  projection_sha256: "ab".repeat(32),
  rows_sha256: "cd".repeat(32),
  archived_at: "2026-03-01T00:00:00Z"
}

/** A file as the tracker writes it, of a header and lines that may be wrong. */
export const archiveOf = (
  changed: Partial<ArchiveHeader> = {},
  lines: ReadonlyArray<string> = ledger.slice(from),
  key = tracker
): Uint8Array =>
  utf8.encode([signArchiveHeader(key, { ...header, ...changed }), ...lines].map((line) => `${line}\n`).join(""))

/** The checkpoint of other lines in this ledger's place. */
export const checkpointOver = (lines: ReadonlyArray<string>): string =>
  signCheckpoint(tracker, {
    origin: checkpointOrigin(farmId),
    size: lines.length,
    root: treeOf(lines).root(),
    previous: null
  })
