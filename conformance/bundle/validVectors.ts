/** Exported proofs that every implementation must accept. */
import { fillerLine, noteOf, origin, otherOrigin, signatureLine, witness } from "../checkpoint/sampleNotes.ts"
import { second as rotated, third as rotatedAgain, rotation } from "../keys/sampleRotations.ts"
import { chain, recovery, rotating, signed, stranger, withFields } from "../proof/sampleProofs.ts"
import { accepted, type BundleVector } from "./bundleVector.ts"
import { bodyOf, fileOf, ledger, ledgerRoot, partsOf, partsOfOne, place } from "./sampleBundles.ts"

const parts = partsOf(place)
const good = fileOf(parts)
const [parent] = chain(1)
const second = chain(2).at(-1)?.record ?? {}
const turn = signed(rotating(second))
const body = bodyOf(ledger.length, ledgerRoot(ledger.length))
const byRotated = signatureLine(body, origin, rotated)
const elsewhere = bodyOf(ledger.length, ledgerRoot(ledger.length), otherOrigin)
const followed = `${body}previous ${Buffer.alloc(32, 7).toString("base64")}\n`
const bundleBytesMax = 65_536

export const validVectors: ReadonlyArray<BundleVector> = [
  accepted("record", good),
  accepted("first-record", fileOf(partsOf(1))),
  accepted("last-line", fileOf(partsOf(place, place + 1))),
  accepted("only-line", fileOf(partsOfOne(parent?.text ?? ""))),
  ...[2, 3, 7, 8, 9].map((size) => accepted(`under-a-checkpoint-of-${size}`, fileOf(partsOf(1, size)))),
  accepted("deep-in-a-large-ledger", fileOf(partsOf(3, 2 ** 33 + 5))),
  accepted("in-the-largest-ledger", fileOf(partsOf(1, Number.MAX_SAFE_INTEGER))),
  accepted("rotation", fileOf(partsOfOne(turn.text))),
  accepted("rotation-by-the-recovery-key", fileOf(partsOfOne(signed(rotating(second), recovery).text)), {
    agent_key: recovery.publicKey
  }),
  // less is known, and less is checked
  accepted("of-any-farm", good, { origin: null }),
  accepted("agent-not-known", good, { agent_key: null }),
  accepted("neither-farm-nor-agent-known", good, { origin: null, agent_key: null }),
  accepted(
    "of-another-farm-when-any-will-do",
    fileOf({ ...parts, checkpoint: noteOf(elsewhere, signatureLine(elsewhere, otherOrigin)) }),
    { origin: null }
  ),
  accepted("signed-by-a-stranger-when-nobody-looks", fileOf(partsOfOne(signed(second, stranger).text)), {
    agent_key: null
  }),
  accepted(
    "false-possession-when-nobody-looks",
    fileOf(partsOfOne(signed(withFields(turn.record, { "key_rotation.possession": "0".repeat(128) })).text)),
    { agent_key: null }
  ),
  // the tracker's key was rotated
  accepted("before-a-rotation", good, { rotations: [rotation({ position: ledger.length })] }),
  accepted("before-a-rotation-known-by-the-new-key", good, {
    rotations: [rotation({ position: ledger.length })],
    tracker_key: rotated.publicKey
  }),
  accepted("after-a-rotation", fileOf({ ...parts, checkpoint: noteOf(body, byRotated) }), {
    rotations: [rotation()],
    tracker_key: rotated.publicKey
  }),
  accepted("after-a-rotation-known-by-the-old-key", fileOf({ ...parts, checkpoint: noteOf(body, byRotated) }), {
    rotations: [rotation()]
  }),
  accepted("the-rotation-is-the-last-line", fileOf({ ...parts, checkpoint: noteOf(body, byRotated) }), {
    rotations: [rotation({ position: ledger.length - 1 })]
  }),
  accepted("between-two-rotations", fileOf({ ...parts, checkpoint: noteOf(body, byRotated) }), {
    rotations: [rotation(), rotation({ position: ledger.length, from: rotated, to: rotatedAgain })],
    origin: null
  }),
  // the checkpoint
  accepted(
    "witnesses",
    fileOf({
      ...parts,
      checkpoint: noteOf(body, signatureLine(body, origin), signatureLine(body, "village.example", witness))
    })
  ),
  accepted("checkpoint-that-follows-another", fileOf({ ...parts, checkpoint: noteOf(followed) })),
  accepted("as-large-as-may-be", good + fillerLine(bundleBytesMax - Buffer.byteLength(good)))
]
