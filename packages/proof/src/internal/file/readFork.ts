/** Reads evidence of a fork, which is one line and stands for itself. */
import { forkBytesMax, verifyForkEvidence } from "../../forkEvidence.ts"
import type { VerifyBackend } from "../../strictEd25519.ts"
import type { KindReader } from "./fileVerdict.ts"
import { badFork, goodFork, otherKey } from "./forkWords.ts"
import { readWhole } from "./readWhole.ts"

const lineFeed = 0x0a

/** For fork evidence, with or without a line feed at its end. A key that is given must be the one that it convicts. */
export const readFork = (publicKey: string | null, backend: VerifyBackend): KindReader =>
  readWhole(forkBytesMax + 1, (bytes) => {
    const checked = verifyForkEvidence(bytes.at(-1) === lineFeed ? bytes.subarray(0, -1) : bytes, backend)
    if (!checked.ok) return badFork(checked.fault)
    return publicKey === null || publicKey === checked.value.publicKey
      ? goodFork(checked.value, publicKey !== null)
      : otherKey(checked.value)
  })
