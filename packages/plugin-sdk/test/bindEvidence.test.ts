/** The page on the contract, held against the code: a stranger who follows it gets the same hash. */
import { spawnSync } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { encodeHex } from "@farmops/proof/hex"
import { hashEvidence } from "@farmops/proof/ProofBuilder"
import { Redacted } from "effect"
import { bindEvidence } from "../src/runtime/bindEvidence.ts"

const page = readFileSync(new URL("../../../docs/protocol/plugin-v1.md", import.meta.url), "utf8")
const section = page.slice(page.indexOf("## Evidence"), page.indexOf("## Session"))

const salt = Uint8Array.from({ length: 32 }, (_, at) => at)
const evidence = new TextEncoder().encode('{"tables":64}')
const digest = "ab".repeat(32)
const identity = { plugin_id: "acme/restore-drill", version: "1.2.0", digest: null, protocol_version: 1 }
const hashOf = (who: Parameters<typeof bindEvidence>[0]) =>
  hashEvidence(Redacted.make(salt), bindEvidence(who, evidence))

const python = "/usr/bin/python3"

describe("the evidence that a proof's hash is of", () => {
  it("has the bytes and the hash that the page on the contract shows", () => {
    const shown = /```text\n([0-9a-f\n]+)```/.exec(section)?.[1]?.replaceAll("\n", "")
    assert.strictEqual(shown, encodeHex(salt) + encodeHex(bindEvidence(identity, evidence)))
    assert.include(section, hashOf(identity))
  })

  it.skipIf(!existsSync(python))("is hashed the same by the page's own program", () => {
    const program = /```python\n([^`]+)```/.exec(section)?.[1] ?? ""
    const call = `print(evidence_hash(bytes(range(32)), "acme/restore-drill", "1.2.0", ${JSON.stringify(digest)}, b'{"tables":64}'))`
    const { stdout } = spawnSync(python, ["-c", `${program}\n${call}`], { encoding: "utf8" })
    assert.strictEqual(stdout.trim(), hashOf({ ...identity, digest }))
  })

  it("is another for another plugin, version, program, contract or evidence, wherever one ends and the next begins", () => {
    const others = [
      { ...identity, plugin_id: "acme/restore-dril", version: "l1.2.0" },
      { ...identity, version: "1.2.1" },
      { ...identity, digest },
      { ...identity, protocol_version: 2 }
    ]
    const hashes = [identity, ...others].map(hashOf)
    assert.lengthOf([...new Set(hashes)], hashes.length)
  })
})
