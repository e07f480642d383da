/**
 * Finds the key that signed a record: the one that covers its place in the chain, or, for a record that hands the chain
 * over, the recovery key. Pure; the writer decides again with what the ledger holds by then.
 */
import {
  type Checked,
  type CheckedProof,
  type UnverifiedProof,
  type VerifyBackend,
  verifyParsed
} from "@farmops/proof/verify"
import { type BranchEpoch, keyAt, withEpoch } from "./keyEpochs.ts"

/** Whose signatures an agent's records may carry, as far as is known before the transaction. */
export interface SignerView {
  /** Of the present chain. */
  readonly epochs: ReadonlyArray<BranchEpoch>
  readonly recoveryKey: string | null
  /** The last sequence; -1 before the first proof. */
  readonly headSequence: number
}

/** A proof whose form and signature are good, and the key that made the signature. */
export interface Candidate {
  readonly checked: CheckedProof
  readonly publicKey: string
}

/** Signature and possession of one record whose form is good. */
export const checkSigner = (
  parsed: UnverifiedProof,
  { epochs, recoveryKey }: SignerView,
  backend: VerifyBackend
): Checked<Candidate> => {
  const { key_rotation, sequence } = parsed.proof
  const covering = keyAt(epochs, sequence) ?? ""
  const checked = verifyParsed(parsed, covering, backend)
  if (checked.ok) return { ok: true, value: { checked: checked.value, publicKey: covering } }
  if (checked.fault.code !== "bad_signature" || recoveryKey === null || key_rotation === undefined) return checked
  const recovered = verifyParsed(parsed, recoveryKey, backend)
  return recovered.ok ? { ok: true, value: { checked: recovered.value, publicKey: recoveryKey } } : recovered
}

/**
 * With what the agent's next lines are checked when this one is taken. A change of key at a place that is taken changes
 * nothing, unless the recovery key signed it: it is known already, or it will be refused.
 */
export const afterCandidate = (view: SignerView, { checked, publicKey }: Candidate): SignerView => {
  const { key_rotation, sequence } = checked.proof
  if (sequence <= view.headSequence && publicKey !== view.recoveryKey) return view
  const next = key_rotation?.new_public_key
  if (next === undefined) return { ...view, headSequence: sequence }
  if (view.epochs.some((epoch) => epoch.publicKey === next)) return view
  const branch = view.epochs.at(-1)?.branch ?? 0
  return {
    ...view,
    epochs: withEpoch(view.epochs, { branch, firstSequence: sequence + 1, publicKey: next }),
    headSequence: sequence
  }
}
