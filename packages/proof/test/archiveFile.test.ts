import { assert, describe, expect, it } from "@effect/vitest"
import { type ArchiveTrust, makeArchiveVerifier, verifyArchive } from "../src/archiveFile.ts"
import { nodeBackend } from "../src/NodeBackend.ts"
import { archiveOf, checkpointOver, farmId, from, header, ledger, misplacedEvent, tracker } from "./archiveFixture.ts"
import { noteKey } from "./noteKeys.ts"

const trust: ArchiveTrust = { trackerKey: tracker.publicKey, farmId }
const check = (bytes: Uint8Array, told: ArchiveTrust = trust) => verifyArchive(bytes, told, nodeBackend)
const kept = ledger.slice(from)
const [first, second] = header.agents
if (first === undefined || second === undefined) throw new Error("the ledger has two agents")

/** The file of other lines that the tracker signed for. */
const signedOver = (lines: ReadonlyArray<string>) =>
  archiveOf({ checkpoint: checkpointOver([...ledger.slice(0, from), ...lines]) }, lines)

describe("an archive file", () => {
  it("verifies alone, through a theft and its recovery, with the tracker's key and nothing else", () => {
    const verdict = check(archiveOf())
    assert.isTrue(verdict.ok)
    expect(verdict).toMatchObject({ value: { proofs: 7, events: 1, header: { from, to: ledger.length } } })
    assert.isTrue(check(archiveOf(), { ...trust, farmId: null }).ok)
  })

  it("gives the same verdict however its bytes are cut", () => {
    const bytes = archiveOf()
    for (const size of [1, 7, 4096]) {
      const verifier = makeArchiveVerifier(trust, nodeBackend)
      for (let at = 0; at < bytes.length; at += size) verifier.push(bytes.slice(at, at + size))
      assert.isTrue(verifier.finish().ok)
      assert.strictEqual(verifier.count(), kept.length)
    }
  })

  it("is refused with any one bit changed, and never throws", () => {
    const bytes = archiveOf()
    for (let at = 0; at < bytes.length; at += 5) {
      const edited = bytes.slice()
      edited[at] = (edited[at] ?? 0) ^ (1 << (at % 8))
      assert.isFalse(check(edited).ok, `byte ${at}`)
    }
  })

  it("is refused when it is cut off anywhere", () => {
    const bytes = archiveOf()
    for (let length = 0; length < bytes.length; length += 97) assert.isFalse(check(bytes.slice(0, length)).ok)
    assert.isFalse(check(bytes.slice(0, -1)).ok)
  })

  it.each<[string, string, () => Uint8Array, ArchiveTrust?]>([
    ["another tracker signed it", "unsigned", () => archiveOf({}, kept, noteKey("other"))],
    ["it is of another farm", "wrong_farm", archiveOf, { ...trust, farmId: "00000000-0000-4000-8000-000000000000" }],
    ["the key is none", "bad_key", archiveOf, { ...trust, trackerKey: "xyz" }],
    ["a line is missing", "bad_count", () => archiveOf({}, kept.slice(0, -1))],
    ["a line is too many", "bad_count", () => archiveOf({}, [...kept, ...kept.slice(-1)])],
    ["the checkpoint is of another size", "bad_tree", () => archiveOf({ checkpoint: checkpointOver(ledger.slice(1)) })],
    ["the lines before it were others", "bad_tree", () => archiveOf({ range: ["ef".repeat(32)] })],
    ["an event stands at another place", "bad_event", () => signedOver([misplacedEvent, ...kept.slice(1)])],
    ["it is no archive", "bad_header", () => new TextEncoder().encode(`${kept.join("\n")}\n`)],
    ["it is empty", "bad_header", () => new Uint8Array(0)]
  ])("is refused when %s", (_, code, make, told = trust) => {
    expect(check(make(), told)).toMatchObject({ ok: false, fault: { code } })
  })

  it("is refused, though the tracker signed for it, when a chain in it does not hold", () => {
    const swapped = signedOver([...kept.slice(0, -2), ...kept.slice(-2).reverse()])
    // Two agents' proofs may come in any order; the tree is what fixes it.
    assert.isTrue(check(swapped).ok)
    const withoutOne = [...kept.slice(0, 5), ...kept.slice(6), kept[0] ?? ""]
    expect(check(signedOver(withoutOne))).toMatchObject({ ok: false, fault: { code: "wrong_sequence", line: 8 } })
  })

  it("is refused when the header says otherwise where the chains begin or end", () => {
    const unknown = archiveOf({ agents: [first] })
    expect(check(unknown)).toMatchObject({ ok: false, fault: { code: "unknown_agent" } })
    const elsewhere = archiveOf({ agents: [{ ...first, head: second.head }, second] })
    expect(check(elsewhere)).toMatchObject({ ok: false, fault: { code: "wrong_head" } })
    const otherKeys = archiveOf({ agents: [{ ...first, epochs: second.epochs }, second] })
    expect(check(otherKeys)).toMatchObject({ ok: false, fault: { code: "wrong_head" } })
    const noRecovery = archiveOf({ agents: [{ ...first, branches: first.branches.slice(0, 1) }, second] })
    expect(check(noRecovery)).toMatchObject({ ok: false, fault: { code: "wrong_sequence" } })
    const noRecoveryKey = archiveOf({ agents: [{ ...first, recovery_public_key: null }, second] })
    expect(check(noRecoveryKey)).toMatchObject({ ok: false, fault: { code: "bad_signature" } })
  })
})
