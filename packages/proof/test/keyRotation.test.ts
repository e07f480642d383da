import { assert, describe, it } from "@effect/vitest"
import { nodeBackend } from "../src/NodeBackend.ts"
import { verifyChain, verifyProof } from "../src/verify.ts"
import { proofVectors } from "./vectors.ts"

const refused = proofVectors.filter(
  ({ code, name }) => code === "bad_possession" || (code === "bad_key" && name.startsWith("rotation-to"))
)

const blamed = { bad_possession: "key_rotation.possession", bad_key: "key_rotation.new_public_key" }

describe("a rotation that is refused", () => {
  it("is there for each of its two faults", () => {
    assert.deepStrictEqual([...new Set(refused.map(({ code }) => code))].sort(), Object.keys(blamed).sort())
  })

  it.each(refused)("names the field that is to blame: $name", (vector) => {
    const { code, proof = "", proofs, public_key, recovery_key = null } = vector
    const verdict =
      proofs === undefined
        ? verifyProof(proof, public_key, nodeBackend)
        : verifyChain(proofs, { publicKey: public_key, recoveryKey: recovery_key }, nodeBackend)
    if (verdict.ok || (code !== "bad_possession" && code !== "bad_key")) return assert.fail("it is refused")
    assert.deepInclude(verdict.fault, { code, path: blamed[code] })
  })
})
