/** Reads a proof bundle and checks it with the keys that are known. */
import { type BundleTrust, bundleBytesMax, verifyProofBundle } from "../../proofBundle.ts"
import type { VerifyBackend } from "../../strictEd25519.ts"
import { decodeUtf8 } from "../decodeUtf8.ts"
import { badBundle, goodBundle } from "./bundleWords.ts"
import type { KindReader } from "./fileVerdict.ts"
import { readWhole } from "./readWhole.ts"

/** The keys for a bundle. Without the agent's, its signature is not checked and the verdict says so. */
export interface BundleKeys extends Omit<BundleTrust, "origin" | "agentKey"> {
  readonly publicKey: string | null
  readonly recoveryKey: string | null
}

/** For a proof bundle. */
export const readBundle = ({ publicKey, recoveryKey, ...tracker }: BundleKeys, backend: VerifyBackend): KindReader =>
  readWhole(bundleBytesMax, (bytes) => {
    // What is no text is no bundle either.
    const text = decodeUtf8(bytes) ?? ""
    const check = (agentKey: string | null) => verifyProofBundle(text, { ...tracker, origin: null, agentKey }, backend)
    const checked = check(publicKey)
    if (checked.ok) return goodBundle(checked.value, "agent")
    if (publicKey !== null && recoveryKey !== null && checked.fault.part === "record") {
      // The recovery key may sign a rotation, and nothing else.
      const recovered = check(recoveryKey)
      if (recovered.ok && recovered.value.proof.key_rotation !== undefined)
        return goodBundle(recovered.value, "recovery")
    }
    return badBundle(checked.fault)
  })
