/** One request in, one verdict out, whatever the request. Pure: the door in `main.ts` reads and writes. */
import { CanonicalJsonError, parseCanonical } from "@farmops/proof/canonicalJson"
import { nobleBackend } from "@farmops/proof/NobleBackend"
import { nodeBackend } from "@farmops/proof/NodeBackend"
import { isStrictPublicKey } from "@farmops/proof/strictEd25519"
import { type ProofFault, type VerifyBackend, verifyChain, verifyProof } from "@farmops/proof/verify"

/** What is printed for one line. */
export type Verdict =
  | { readonly ok: true; readonly [key: string]: unknown }
  | {
      readonly ok: false
      readonly code: string
      readonly [key: string]: unknown
    }

/** The libraries that `--layer` can name. */
export const backends: Readonly<Record<string, VerifyBackend>> = { node: nodeBackend, noble: nobleBackend }

type Request = Readonly<Record<string, unknown>>
type Judge = (request: Request, backend: VerifyBackend) => Verdict

const badRequest = (detail: string): Verdict => ({ ok: false, code: "bad_request", detail })
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

const judgeChain: Judge = ({ proofs, public_key }, backend) => {
  const areTexts = Array.isArray(proofs) && proofs.every((proof) => typeof proof === "string")
  if (!areTexts || typeof public_key !== "string") {
    return badRequest("proofs must be an array of strings and public_key a string")
  }
  const verdict = verifyChain(proofs, public_key, backend)
  if (!verdict.ok) return { ...refused(verdict.fault), line: verdict.line, count: verdict.count }
  return { ok: true, count: verdict.count, head: verdict.head?.hash ?? null }
}

const judges: Readonly<Record<string, Judge>> = {
  ed25519: judgeEd25519,
  canonical: judgeCanonical,
  proof: judgeProof,
  chain: judgeChain
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
