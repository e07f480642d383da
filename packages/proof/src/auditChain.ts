/**
 * Audits one agent's chain from its stored bytes, at one of two levels, and says plainly what the audit showed. No Effect
 * and no Node: a browser may load it.
 */
import { type AuditLevel, type AuditVerdict, auditFailed, auditPassed } from "./auditVerdict.ts"
import { makeRawLinks } from "./internal/rawLinks.ts"
import { parseProof } from "./parseProof.ts"
import { type FarmProof, type ProofFault, refuse } from "./proofForm.ts"
import type { VerifyBackend } from "./strictEd25519.ts"
import { anchorOf, type ChainAnchor, type ChainHead, type KeyEpoch, makeChainVerifier, verifyProof } from "./verify.ts"

export type { AuditLevel, AuditVerdict } from "./auditVerdict.ts"

/** Audits a chain as its lines come, in memory that does not grow with it (`full` remembers each `proof_id`). */
export interface ChainAuditor {
  /**
   * Answers with the fault of a bad line, after which nothing more may follow. The bytes must stay as they are until the
   * next call returns.
   */
  readonly accept: (line: string | Uint8Array) => ProofFault | null
  /** The verdict, also after a fault. `links` is not proved before this: the signature that vouches for the last records is the last. */
  readonly finish: () => AuditVerdict
}

/** How an audit is told to begin, and whom it tells how far it is. */
export interface AuditOptions {
  /** The head after which the lines continue, for the rest of a chain whose beginning is already known. */
  readonly from?: ChainHead | null
  /** Called with the number of records without a fault so far, at most once in {@link progressEvery} of them. */
  readonly onProgress?: (done: number) => void
}

/** Records between two calls of `onProgress`: seldom enough to cost nothing, and under a second with the slowest backend. */
export const progressEvery = 500

const makeFullAuditor = (anchor: ChainAnchor, backend: VerifyBackend, from: ChainHead | null): ChainAuditor => {
  const chain = makeChainVerifier(anchor, backend, from)
  let fault: ProofFault | null = null
  const accept = (line: string | Uint8Array) => {
    fault ??= chain.accept(line)
    return fault
  }
  const finish = (): AuditVerdict => {
    const count = chain.count()
    if (fault !== null) return auditFailed("full", count, fault)
    return auditPassed("full", { count, head: chain.head(), epochs: chain.epochs() })
  }
  return { accept, finish }
}

/** The head that a record claims to follow, so that it can be checked alone where its link has been. */
const claimedParent = ({ prev_proof_hash, prev_proof_id, sequence }: FarmProof): ChainHead | null =>
  prev_proof_hash === null || prev_proof_id === null
    ? null
    : { sequence: sequence - 1, proofId: prev_proof_id, hash: prev_proof_hash }

const noIds = { has: () => false, add: () => undefined }

const makeLinksAuditor = (anchor: ChainAnchor, backend: VerifyBackend, from: ChainHead | null): ChainAuditor => {
  const links = makeRawLinks(backend, from)
  let publicKey = anchor.publicKey
  const epochs: Array<KeyEpoch> = [{ firstSequence: links.next(), publicKey }]
  const usedKeys = new Set([publicKey, anchor.recoveryKey])
  let agentId: string | null = null
  let count = 0
  let fault: ProofFault | null = null
  /** The last line, until its signature has been verified. */
  let unproved: string | Uint8Array | null = null

  const prove = (line: string | Uint8Array, after: ChainHead | null): ProofFault | null => {
    // Its one epoch only: what was a key before is kept here, or many rotations would copy all of them each time.
    const past = { agentId, epochs: epochs.slice(-1), ids: noIds }
    const chain = makeChainVerifier({ ...anchor, publicKey }, backend, after, past)
    const found = chain.accept(line)
    if (found !== null) return found
    agentId = chain.agentId()
    const next = chain.epochs()[1]
    if (next === undefined) return null
    if (usedKeys.has(next.publicKey)) {
      return refuse("key_reused", "key_rotation.new_public_key", "must not have been this agent's key before").fault
    }
    usedKeys.add(next.publicKey)
    epochs.push(next)
    publicKey = next.publicKey
    return null
  }

  const proveLast = (line: string | Uint8Array): ProofFault | null => {
    const parsed = parseProof(line)
    return parsed.ok ? prove(line, claimedParent(parsed.value.proof)) : parsed.fault
  }

  const look = (line: string | Uint8Array): ProofFault | null => {
    // Every canonical record is laid out so; the full check says what else this is.
    if (!links.load(line)) {
      return prove(line, links.head()) ?? refuse("not_canonical", null, "must be laid out as RFC 8785 demands").fault
    }
    // A rotation by the recovery key says nothing of what the key before it signed.
    if (unproved !== null && links.rotates() && !verifyProof(line, publicKey, backend).ok) {
      const early = proveLast(unproved)
      if (early !== null) {
        count--
        return early
      }
    }
    const found = links.rotates() ? prove(line, links.head()) : links.check()
    if (found !== null) return found
    unproved = links.rotates() ? null : line
    links.take()
    count++
    return null
  }

  const accept = (line: string | Uint8Array) => {
    fault ??= look(line)
    return fault
  }
  const finish = (): AuditVerdict => {
    if (fault === null && unproved !== null) {
      fault = proveLast(unproved)
      unproved = null
      if (fault !== null) count--
    }
    if (fault !== null) return auditFailed("links", count, fault)
    return auditPassed("links", { count, head: links.head(), epochs })
  }
  return { accept, finish }
}

/** Starts an audit of lines that come one by one, at the first record of a chain or after `options.from`. */
export const makeChainAuditor = (
  level: AuditLevel,
  anchor: string | ChainAnchor,
  backend: VerifyBackend,
  { from = null, onProgress }: AuditOptions = {}
): ChainAuditor => {
  const auditor = (level === "full" ? makeFullAuditor : makeLinksAuditor)(anchorOf(anchor), backend, from)
  if (onProgress === undefined) return auditor
  let done = 0
  const accept = (line: string | Uint8Array) => {
    const fault = auditor.accept(line)
    if (fault === null && ++done % progressEvery === 0) onProgress(done)
    return fault
  }
  return { accept, finish: auditor.finish }
}

/** {@link makeChainAuditor} over lines that are at hand. Reads no further than the first bad one. */
export const auditChain = (
  level: AuditLevel,
  lines: Iterable<string | Uint8Array>,
  anchor: string | ChainAnchor,
  backend: VerifyBackend,
  options: AuditOptions = {}
): AuditVerdict => {
  const auditor = makeChainAuditor(level, anchor, backend, options)
  for (const line of lines) if (auditor.accept(line) !== null) break
  return auditor.finish()
}
