/** One request in, one verdict out, whatever the request. Pure: the door in `main.ts` reads and writes. */
import { CanonicalJsonError, parseCanonical } from "@farmops/proof/canonicalJson"
import { verifyForkEvidence } from "@farmops/proof/forkEvidence"
import { nobleBackend } from "@farmops/proof/NobleBackend"
import { nodeBackend } from "@farmops/proof/NodeBackend"
import { findSodium, sodiumBackend } from "@farmops/proof/SodiumBackend"
import { isStrictPublicKey } from "@farmops/proof/strictEd25519"
import { type ProofFault, type VerifyBackend, verifyChain, verifyProof } from "@farmops/proof/verify"
import { judgeBundle, judgeCheckpoint, judgeKeys, judgeMerkle } from "./judgeLedger.ts"
import { judgeWebhook } from "./judgeWebhook.ts"
import { badRequest, isTextOrNull, type Judge, type Request, type Verdict } from "./verdict.ts"

const sodium = findSodium()

/** The libraries that `--layer` can name: libsodium only where it is installed. */
export const backends: Readonly<Record<string, VerifyBackend>> = {
  node: nodeBackend,
  noble: nobleBackend,
  ...(sodium.ok ? { sodium: sodiumBackend(sodium.sodium) } : {})
}

const refused = ({ code, detail, path }: ProofFault): Verdict => ({ ok: false, code, path, detail })

const hexBytes = (value: unknown): Uint8Array | null =>
  typeof value === "string" && /^(?:[0-9a-fA-F]{2})*$/.test(value) ? Uint8Array.from(Buffer.from(value, "hex")) : null

const judgeEd25519: Judge = ({ message, public_key, signature }, backend) => {
  const [keyBytes, messageBytes, signatureBytes] = [hexBytes(public_key), hexBytes(message), hexBytes(signature)]
  if (keyBytes === null || messageBytes === null || signatureBytes === null) {
    return badRequest("public_key, message and signature must be hex")
  }
  if (!isStrictPublicKey(keyBytes)) return { ok: false, code: "bad_key" }
  return backend.verify(signatureBytes, messageBytes, keyBytes) ? { ok: true } : { ok: false, code: "bad_signature" }
}

const judgeCanonical: Judge = ({ json }) => {
  if (typeof json !== "string") return badRequest("json must be a string")
  try {
    return { ok: true, canonical: parseCanonical(json).canonical }
  } catch (error) {
    if (error instanceof CanonicalJsonError) return { ok: false, code: error.code, detail: error.message }
    throw error
  }
}

const judgeProof: Judge = ({ proof, public_key }, backend) => {
  if (typeof proof !== "string" || typeof public_key !== "string") {
    return badRequest("proof and public_key must be strings")
  }
  const checked = verifyProof(proof, public_key, backend)
  if (!checked.ok) return refused(checked.fault)
  const { hash, proof: record } = checked.value
  return { ok: true, proof_id: record.proof_id, sequence: record.sequence, hash }
}

const judgeChain: Judge = ({ proofs, public_key, recovery_key = null }, backend) => {
  const areTexts = Array.isArray(proofs) && proofs.every((proof) => typeof proof === "string")
  if (!areTexts || typeof public_key !== "string") {
    return badRequest("proofs must be an array of strings and public_key a string")
  }
  if (!isTextOrNull(recovery_key)) return badRequest("recovery_key must be a string, null or absent")
  const verdict = verifyChain(proofs, { publicKey: public_key, recoveryKey: recovery_key }, backend)
  if (!verdict.ok) return { ...refused(verdict.fault), line: verdict.line, count: verdict.count }
  return { ok: true, count: verdict.count, head: verdict.head?.hash ?? null }
}

/** Evidence that a key signed two records for one place; `public_key`, when it is given, is the key that it should convict. */
const judgeFork: Judge = ({ evidence, public_key = null }, backend) => {
  if (typeof evidence !== "string" || !isTextOrNull(public_key)) {
    return badRequest("evidence must be a string and public_key a string, null or absent")
  }
  const checked = verifyForkEvidence(evidence, backend)
  if (!checked.ok) return { ok: false, ...checked.fault }
  const { agentId, publicKey, sequence } = checked.value
  if (public_key !== null && public_key !== publicKey) {
    return { ok: false, code: "other_key", detail: "good evidence against another key than the given one" }
  }
  return { ok: true, public_key: publicKey, agent_id: agentId, sequence }
}

const judges: Readonly<Record<string, Judge>> = {
  ed25519: judgeEd25519,
  canonical: judgeCanonical,
  proof: judgeProof,
  chain: judgeChain,
  merkle: judgeMerkle,
  checkpoint: judgeCheckpoint,
  keys: judgeKeys,
  bundle: judgeBundle,
  fork: judgeFork,
  webhook: judgeWebhook
}

/** The kinds of vectors that can be judged. */
export const kinds: ReadonlyArray<string> = Object.keys(judges)

/** Judges one line of input. Never throws: a line that is no request is a `bad_request`, a fault of ours `internal`. */
export const judgeLine = (kind: string, line: string, backend: VerifyBackend): Verdict => {
  const judge = judges[kind]
  let request: unknown
  try {
    request = JSON.parse(line)
  } catch {
    return badRequest("the line must be one JSON object")
  }
  if (judge === undefined || typeof request !== "object" || request === null || Array.isArray(request)) {
    return badRequest("the line must be one JSON object")
  }
  try {
    return judge(request as Request, backend)
  } catch {
    return { ok: false, code: "internal", detail: "the judge failed; please report this line" }
  }
}
