import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { findOldNode } from "../../../conformance/oldNode.ts"
import { bundleOf } from "./bundled.ts"
import { edgeVectors, proofVectors, repositoryRoot } from "./vectors.ts"

const old = findOldNode()
const judge = join(repositoryRoot, "conformance/proof/judgeVectors.mjs")

describe.skipIf(old === null)(`the verifier on Node ${old?.version}`, () => {
  const folder = mkdtempSync(join(tmpdir(), "farmops-old-node-"))
  const verifier = join(folder, "verifier.mjs")
  beforeAll(async () => {
    const { code } = await bundleOf(["verify", "verifyFile", "NodeBackend", "NobleBackend"], "node")
    writeFileSync(verifier, code)
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  const verdictsOn = (node: string) => {
    const args = [judge, pathToFileURL(verifier).href, join(repositoryRoot, "conformance")]
    const { status, stderr, stdout } = spawnSync(node, args, { encoding: "utf8", env: {}, maxBuffer: 2 ** 26 })
    expect(stderr).toBe("")
    expect(status).toBe(0)
    return JSON.parse(stdout)
  }

  it("gives the committed verdict on every vector, with both backends, as this Node does", () => {
    const verdicts = verdictsOn(old?.path ?? "")
    expect(verdicts).toEqual(verdictsOn(process.execPath))
    for (const backend of ["node", "noble"]) {
      const { edges, proofs } = verdicts[backend]
      expect(Object.keys(proofs)).toHaveLength(proofVectors.length)
      for (const { code, hash, line, name } of proofVectors) {
        const verdict = proofs[name]
        expect([verdict.code, verdict.hash, verdict.line], name).toEqual([code, hash, line])
      }
      expect(edges).toEqual(edgeVectors.map(({ verdict }) => verdict === "valid"))
    }
    expect(verdicts.node).toEqual(verdicts.noble)
  })
})
