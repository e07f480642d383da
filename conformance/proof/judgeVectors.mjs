/**
 * Judges every conformance vector with both backends of a built verifier and prints the verdicts as JSON. Plain JavaScript, so
 * that a Node that knows no types can run it: `node judgeVectors.mjs VERIFIER CONFORMANCE`, a module's URL and a folder.
 */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

const [verifierUrl, conformance] = process.argv.slice(2)
const { nobleBackend, nodeBackend, verifyChain, verifyFile, verifyProof } = await import(verifierUrl)

const readJson = (...path) => JSON.parse(readFileSync(join(conformance, ...path), "utf8"))
const bytesOf = (hex) => Uint8Array.from(Buffer.from(hex, "hex"))

const proofVectors = ["valid", "invalid"].flatMap((verdict) =>
  readdirSync(join(conformance, "proof/v1", verdict)).map((name) => readJson("proof/v1", verdict, name))
)

const judgeProof = (vector, backend) => {
  const { proof, proofs, public_key: publicKey, recovery_key: recoveryKey = null } = vector
  if (proof !== undefined) {
    const checked = verifyProof(proof, publicKey, backend)
    return checked.ok ? { code: null, hash: checked.value.hash } : { code: checked.fault.code }
  }
  const verdict = verifyChain(proofs, { publicKey, recoveryKey }, backend)
  const file = verifyFile(
    new TextEncoder().encode(proofs.map((line) => `${line}\n`).join("")),
    { publicKey, recoveryKey, trackerKey: null },
    backend
  )
  return verdict.ok
    ? { code: null, hash: verdict.head?.hash ?? null, file }
    : { code: verdict.fault.code, line: verdict.line, file }
}

const judge = (backend) => ({
  proofs: Object.fromEntries(proofVectors.map((vector) => [vector.name, judgeProof(vector, backend)])),
  edges: readJson("ed25519/v1/edges.json").map(({ message, public_key, signature }) =>
    backend.verify(bytesOf(signature), bytesOf(message), bytesOf(public_key))
  )
})

console.log(JSON.stringify({ node: judge(nodeBackend), noble: judge(nobleBackend) }))
