import { describe, expect, it } from "vitest"
import { agent, chain, nextKey, recovery, rotating, signed, stranger } from "../../../conformance/proof/sampleProofs.ts"
import { nobleBackend } from "../src/NobleBackend.ts"
import { nodeBackend } from "../src/NodeBackend.ts"
import { followTrackerKeys } from "../src/trackerRotation.ts"
import { verifyChain } from "../src/verify.ts"
import { type FileKeys, makeFileVerifier, verdictJson, verifyFile } from "../src/verifyFile.ts"
import { archiveOf, from, ledger } from "./archiveFixture.ts"
import { bundleOfOne, sampleBundle, tracker } from "./bundleFixture.ts"
import { sampleFork } from "./forkFixture.ts"
import { noteKey } from "./noteKeys.ts"
import { farmId, rotationOf } from "./rotatedArchiveFixture.ts"
import { proofVectors } from "./vectors.ts"

const utf8 = new TextEncoder()
const noKeys: FileKeys = { publicKey: null, recoveryKey: null, trackerKey: null }
const agentKeys: FileKeys = { ...noKeys, publicKey: agent.publicKey }
const texts = chain(6).map(({ text }) => text)
const file = (lines: ReadonlyArray<string>) => utf8.encode(lines.map((line) => `${line}\n`).join(""))
const verdictOf = (lines: ReadonlyArray<string>, keys = agentKeys) => verifyFile(file(lines), keys, nodeBackend)

/** Chains that a file can carry: a lone surrogate has no bytes, and a line feed would end the line. */
const chains = proofVectors.filter(
  ({ proofs }) =>
    proofs !== undefined && proofs.length > 1 && proofs.every((text) => text.isWellFormed() && !text.includes("\n"))
)
const keysOf = (vector: (typeof chains)[number]): FileKeys => ({
  ...noKeys,
  publicKey: vector.public_key,
  recoveryKey: vector.recovery_key ?? null
})

describe("verifyFile", () => {
  it("gives the verdict of verifyChain on every chain of the conformance vectors, with both backends", () => {
    expect(chains.length).toBeGreaterThan(20)
    for (const vector of chains) {
      const lines = vector.proofs ?? []
      const keys = keysOf(vector)
      const anchor = { publicKey: vector.public_key, recoveryKey: keys.recoveryKey }
      for (const backend of [nodeBackend, nobleBackend]) {
        const expected = verifyChain(lines, anchor, backend)
        const { epochs, fault, head, kind, proofs } = verifyFile(file(lines), keys, backend)
        expect(proofs, vector.name).toBe(expected.count)
        if (expected.ok)
          expect({ fault, head, epochs, kind }).toEqual({
            ...expected,
            fault: null,
            kind: "chain",
            ok: undefined,
            count: undefined
          })
        else {
          const line = expected.fault.code === "bad_key" && expected.fault.path === null ? null : expected.line
          expect([fault?.code, fault?.line], vector.name).toEqual([expected.fault.code, line])
        }
      }
    }
  })

  it("gives one verdict however the bytes are cut", () => {
    const keys: FileKeys = { ...agentKeys, trackerKey: tracker.publicKey }
    const archive = new TextDecoder().decode(archiveOf()).trimEnd().split("\n")
    for (const lines of [
      archive,
      archive.slice(0, -1),
      texts,
      texts.with(3, "x".repeat(20_000)),
      texts.slice(1),
      [`{"action":`],
      ["hello"],
      [sampleFork],
      [sampleBundle],
      []
    ]) {
      const bytes = file(lines)
      const whole = verifyFile(bytes, keys, nodeBackend)
      for (const size of [1, 7, 1000, 8192, 100_000]) {
        const verifier = makeFileVerifier(keys, nodeBackend)
        for (let at = 0; at < bytes.length && verifier.push(bytes.subarray(at, at + size)); at += size);
        expect(verifier.finish()).toEqual(whole)
      }
    }
  })

  it("keeps nothing of a piece that its reader fills anew", () => {
    const verifier = makeFileVerifier(agentKeys, nodeBackend)
    const piece = file(texts.slice(1, 2))
    verifier.push(piece)
    piece.fill(0)
    expect(verifier.finish()).toMatchObject({ kind: "proof", fault: null })
  })

  it("tells the reader to stop once a line does not hold", () => {
    const verifier = makeFileVerifier(agentKeys, nodeBackend)
    expect(verifier.push(file(texts.slice(0, 2)))).toBe(true)
    expect(verifier.count()).toBe(2)
    expect(verifier.push(file(["{}"]))).toBe(false)
    expect(verifier.push(file(texts.slice(2)))).toBe(false)
    expect(verifier.finish()).toMatchObject({ proofs: 2, fault: { line: 3, code: "missing_field" } })
  })

  it("holds no more than one record of a line without an end", () => {
    const verifier = makeFileVerifier(agentKeys, nodeBackend)
    verifier.push(file(texts.slice(0, 1)))
    // Two thousand times the limit: whoever kept it all would be slow, and one who kept a window would miss the fault.
    const piece = new Uint8Array(65_536).fill(0x20)
    for (let times = 0; times < 256; times++) verifier.push(piece)
    expect(verifier.finish()).toMatchObject({ proofs: 1, fault: { line: 2, code: "too_large" } })
  })

  it("takes a record that begins no chain for one proof, and only when it is alone", () => {
    const [, second = "", third = ""] = texts
    const verdict = verdictOf([second])
    expect(verdict).toMatchObject({ kind: "proof", fault: null, proofs: 1, head: { sequence: 1 } })
    expect(verdict.doesNotShow.join(" ")).toContain("proofs before it")
    expect(verdictOf([second, third])).toMatchObject({ kind: "chain", fault: { line: 1, code: "wrong_sequence" } })
    expect(verdictOf([second, "junk"])).toMatchObject({ fault: { line: 1, code: "wrong_sequence" } })
    expect(verdictOf([second], { ...noKeys, publicKey: stranger.publicKey })).toMatchObject({
      kind: "chain",
      fault: { line: 1, code: "bad_signature" }
    })
    expect(verdictOf(texts.slice(0, 1))).toMatchObject({ kind: "chain", proofs: 1, head: { sequence: 0 } })
  })

  it("names the keys of a chain that rotated, and asks for the recovery key where one may be missing", () => {
    const vector = (name: string) => {
      const found = chains.find((one) => one.name === name)
      if (found === undefined) throw new Error(name)
      return found
    }
    const rotated = vector("chain-that-rotates")
    const verdict = verdictOf(rotated.proofs ?? [], keysOf(rotated))
    expect(verdict.epochs.map(({ publicKey }) => publicKey)).toEqual([agent.publicKey, nextKey.publicKey])
    expect(verdict.checked.join(" ")).toContain("The key changed once")
    const recovered = vector("chain-recovered")
    expect(recovered.recovery_key).toBe(recovery.publicKey)
    const without = verdictOf(recovered.proofs ?? [], { ...keysOf(recovered), recoveryKey: null })
    expect(without.fault).toMatchObject({ code: "bad_signature", advice: expect.stringContaining("recovery key") })
    expect(verdictOf(recovered.proofs ?? [], keysOf(recovered)).fault).toBeNull()
  })

  it("says which key it needs, and which given key is none", () => {
    expect(verdictOf(texts, noKeys).fault).toMatchObject({ code: "key_needed", path: "public_key", line: null })
    for (const bad of ["", "zz", "00".repeat(32), agent.publicKey.toUpperCase()]) {
      expect(verdictOf(texts, { ...noKeys, publicKey: bad }).fault).toMatchObject({
        code: "bad_key",
        path: "public_key"
      })
    }
    expect(verdictOf(texts, { ...agentKeys, recoveryKey: "x" }).fault).toMatchObject({ path: "recovery_key" })
    expect(verdictOf(texts, { ...agentKeys, trackerKey: "x" }).fault).toMatchObject({ path: "tracker_key" })
  })

  it("knows a file that is nothing of ours, with or without a key, and still says why its first line is no proof", () => {
    for (const keys of [noKeys, agentKeys]) {
      expect(verdictOf(["%PDF-1.7"], keys)).toMatchObject({ kind: null, fault: { line: 1, code: "not_json" } })
      expect(verdictOf(["{}"], keys)).toMatchObject({ kind: null, fault: { line: 1, code: "missing_field" } })
      expect(verdictOf([`\uFEFF${texts[0]}`], keys)).toMatchObject({ kind: null, fault: { code: "not_json" } })
      expect(verifyFile(new Uint8Array(70_000).fill(0xff), keys, nodeBackend)).toMatchObject({
        kind: null,
        fault: { line: 1, code: "too_large" }
      })
    }
  })

  describe("of a proof bundle", () => {
    const trackerKeys: FileKeys = { ...noKeys, trackerKey: tracker.publicKey }
    const check = (text: string, keys: FileKeys) => verifyFile(utf8.encode(text), keys, nobleBackend)

    it("checks the tracker's word, and the agent's where its key is given", () => {
      const word = check(sampleBundle, trackerKeys)
      expect(word).toMatchObject({ kind: "bundle", fault: null, proofs: 1, head: { sequence: 1 } })
      expect(word.checked.join(" ")).not.toContain("agent's key")
      expect(word.doesNotShow.join(" ")).toContain("That the agent made the record")
      const both = check(sampleBundle, { ...trackerKeys, publicKey: agent.publicKey })
      expect(both.fault).toBeNull()
      expect(both.checked.join(" ")).toContain("signed by the agent's key")
      expect(both.doesNotShow.join(" ")).not.toContain("That the agent made the record")
    })

    it("says which of the agent's keys signed the record", () => {
      const record = signed(rotating(chain(2).at(-1)?.record ?? {}), recovery).text
      const handedOver = bundleOfOne(record)
      const verdict = check(handedOver, { ...trackerKeys, publicKey: agent.publicKey, recoveryKey: recovery.publicKey })
      expect(verdict.fault).toBeNull()
      expect(verdict.checked.join(" ")).toContain("signed by the agent's recovery key.")
      expect(verdict.checked.join(" ")).not.toContain("by the agent's key")
      expect(verdict.shows.join(" ")).toContain("Whoever holds the agent's recovery key")
      expect(check(handedOver, { ...trackerKeys, publicKey: agent.publicKey }).fault?.code).toBe("bad_signature")
    })

    it("holds the checkpoint against the tracker's key that covers it, where all are known", () => {
      const keysOf = (position: number, trackerKey: string) => {
        const rotation = rotationOf(noteKey("tracker"), noteKey("tracker 2"), position)
        const followed = followTrackerKeys([rotation], { farmId, trackerKey }, nodeBackend)
        if (!followed.ok) throw new Error(followed.fault.code)
        return { ...noKeys, trackerKey, trackerKeys: followed.value }
      }
      for (const name of ["tracker", "tracker 2"]) {
        const { publicKey } = noteKey(name)
        // It is of a ledger of three lines.
        expect(check(sampleBundle, keysOf(3, publicKey)).fault).toBeNull()
        expect(check(sampleBundle, keysOf(2, publicKey)).fault?.code).toBe("unsigned")
      }
    })

    it("needs the tracker's key, and says whose key is the wrong one", () => {
      const fault = (keys: FileKeys) => check(sampleBundle, keys).fault
      expect(fault(agentKeys)).toMatchObject({ code: "key_needed", path: "tracker_key" })
      expect(fault({ ...noKeys, trackerKey: stranger.publicKey })).toMatchObject({
        code: "unsigned",
        path: "checkpoint"
      })
      expect(fault({ ...trackerKeys, publicKey: stranger.publicKey })).toMatchObject({
        code: "bad_signature",
        path: "signature"
      })
    })

    it("refuses a changed path, a file that is too long and one that is no text", () => {
      const index = sampleBundle.replace("index 1", "index 0")
      expect(check(index, trackerKeys).fault).toMatchObject({ code: "bad_inclusion", line: null })
      expect(check(sampleBundle + "x".repeat(70_000), trackerKeys).fault?.code).toBe("too_large")
      const bytes = utf8.encode(sampleBundle)
      bytes[40] = 0xff
      expect(verifyFile(bytes, trackerKeys, nodeBackend).fault?.code).toBe("bad_bundle")
    })
  })

  describe("of fork evidence", () => {
    const check = (text: string, keys: FileKeys) => verifyFile(utf8.encode(text), keys, nobleBackend)

    it("needs no key, and says so", () => {
      for (const end of ["", "\n"]) {
        const verdict = check(sampleFork + end, noKeys)
        expect(verdict).toMatchObject({ kind: "fork", fault: null, proofs: 2 })
        expect(verdict.summary).toContain(`the key ${agent.publicKey} signed two different records as number 2`)
        expect(verdict.doesNotShow.join(" ")).toContain("compare it with one that you learned somewhere else")
      }
    })

    it("holds it against a key that is given", () => {
      expect(check(sampleFork, agentKeys).checked.join(" ")).toContain("The key is the one that you gave.")
      expect(check(sampleFork, { ...noKeys, publicKey: stranger.publicKey }).fault).toMatchObject({ code: "other_key" })
    })

    it("refuses what is changed, not canonical, too long or two lines", () => {
      const edited = check(sampleFork.replace("52 pods", "53 pods"), noKeys)
      expect(edited.fault).toMatchObject({ code: "bad_signature", line: null, path: "signature" })
      expect(edited.summary).toContain("record 1")
      for (const bad of [`${sampleFork}\n\n`, `${sampleFork} `])
        expect(check(bad, noKeys).fault?.code).toBe("bad_evidence")
      expect(check(sampleFork + " ".repeat(70_000), noKeys).fault?.code).toBe("too_large")
    })
  })

  describe("of an archive", () => {
    const trackerKeys: FileKeys = { ...noKeys, trackerKey: tracker.publicKey }
    const check = (bytes: Uint8Array, keys: FileKeys) => verifyFile(bytes, keys, nodeBackend)

    it("checks every line under the tracker's key, which it needs", () => {
      const verdict = check(archiveOf(), trackerKeys)
      expect(verdict).toMatchObject({ kind: "archive", fault: null, proofs: 7 })
      expect(verdict.summary).toContain("7 proofs and 1 event.")
      expect(check(archiveOf(), agentKeys).fault).toMatchObject({ code: "key_needed", path: "tracker_key" })
      const other = check(archiveOf(), { ...noKeys, trackerKey: stranger.publicKey })
      expect(other.fault).toMatchObject({ code: "unsigned", line: 1 })
    })

    it("names the first bad line, and finds a line that is missing at the end", () => {
      const lines = ledger.slice(from)
      const swapped = lines.with(1, lines[2] ?? "").with(2, lines[1] ?? "")
      expect(check(archiveOf({}, swapped), trackerKeys).fault?.line).toBe(3)
      expect(check(archiveOf({}, lines.slice(0, -1)), trackerKeys).fault).toMatchObject({
        code: "bad_count",
        line: null
      })
    })
  })

  it("refuses a file without a byte, with or without a key: it shows nothing", () => {
    for (const keys of [noKeys, agentKeys]) {
      const verdict = verdictOf([], keys)
      expect(verdict).toMatchObject({ kind: null, fault: { code: "empty_file", line: null }, proofs: 0, shows: [] })
      expect(verdictJson(verdict)).toMatchObject({ ok: false, code: "empty_file" })
    }
  })

  it("refuses each flipped bit of a chain where it is", () => {
    const bytes = file(texts.slice(0, 3))
    const lengths = texts.slice(0, 3).map((text) => text.length + 1)
    const lineOf = (at: number) => (at < (lengths[0] ?? 0) ? 1 : at < (lengths[0] ?? 0) + (lengths[1] ?? 0) ? 2 : 3)
    // Every byte once, another bit each time; the feed after the last line is the one byte that may go.
    for (let at = 0; at < bytes.length - 1; at++) {
      const flipped = bytes.slice()
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8))
      const { fault } = verifyFile(flipped, agentKeys, nodeBackend)
      expect(fault?.line, `byte ${at}`).toBe(lineOf(at))
    }
  })

  it("writes a verdict as JSON with the wire's names", () => {
    expect(verdictJson(verdictOf(texts))).toMatchObject({
      ok: true,
      kind: "chain",
      proofs: 6,
      head: expect.any(String)
    })
    expect(verdictJson(verdictOf(texts.slice(1)))).toMatchObject({
      ok: false,
      line: 1,
      code: "wrong_sequence",
      path: "sequence"
    })
  })
})
