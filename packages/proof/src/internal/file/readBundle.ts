/** Reads a proof bundle and checks it with the keys that are known. */
import { bundleBytesMax, verifyProofBundle } from "../../proofBundle.ts"
import type { VerifyBackend } from "../../strictEd25519.ts"
import { badBundle, goodBundle } from "./bundleWords.ts"
import type { KindReader } from "./fileVerdict.ts"
import { readWhole } from "./readWhole.ts"

// ignoreBOM keeps a byte order mark in the text, where the check of the form refuses it.
const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

const decode = (bytes: Uint8Array): string | null => {
  try {
    return strictUtf8.decode(bytes)
  } catch {
    return null
  }
}

/** The keys for a bundle. Without the agent's, its signature is not checked and the verdict says so. */
export interface BundleKeys {
  readonly trackerKey: string
  readonly publicKey: string | null
  readonly recoveryKey: string | null
}

/** For a proof bundle. */
export const readBundle = ({ publicKey, recoveryKey, trackerKey }: BundleKeys, backend: VerifyBackend): KindReader =>
  readWhole(bundleBytesMax, (bytes) => {
    // What is no text is no bundle either.
    const text = decode(bytes) ?? ""
    const check = (agentKey: string | null) => verifyProofBundle(text, { origin: null, trackerKey, agentKey }, backend)
    const checked = check(publicKey)
    if (checked.ok) return goodBundle(checked.value)
    if (publicKey !== null && recoveryKey !== null && checked.fault.part === "record") {
      // The recovery key may sign a rotation, and nothing else.
      const recovered = check(recoveryKey)
      if (recovered.ok && recovered.value.proof.key_rotation !== undefined) return goodBundle(recovered.value)
    }
    return badBundle(checked.fault)
  })
