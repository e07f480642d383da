/**
 * Puts the verdicts on the segments of one chain together, in order. A segment counts only if it starts exactly where the one
 * before it ended. Anything else, a fault included, is walked again from there with all that is known of the chain, so that
 * the verdict is that of one walk from the beginning.
 */
import { type AuditVerdict, auditFailed, auditPassed } from "../auditVerdict.ts"
import type { ProofFault } from "../proofForm.ts"
import type { VerifyBackend } from "../strictEd25519.ts"
import { type ChainVerifier, makeChainVerifier } from "../verify.ts"
import { ProofIds, packedIdBytes } from "./proofIds.ts"
import { type Boundary, keyOf, type SegmentVerdict, sameBoundary } from "./segment.ts"

/** A segment as it was cut. */
export interface Piece {
  readonly start: Boundary
  readonly end: Boundary
  readonly count: number
}

/** For each segment in order: `stitch`, and where that is false `walk` with its lines. After a fault nothing may follow. */
export interface Stitcher {
  /** Whether the piece continues the chain and is good as a whole. */
  readonly stitch: (piece: Piece, verdict: SegmentVerdict) => boolean
  readonly walk: (line: string | Uint8Array) => ProofFault | null
  readonly count: () => number
  readonly verdict: () => AuditVerdict
}

/** Starts at a boundary that is known. */
export const makeStitcher = (first: Boundary, recoveryKey: string | null, backend: VerifyBackend): Stitcher => {
  const ids = new ProofIds()
  let end = first
  let count = 0
  let fault: ProofFault | null = null
  let walker: ChainVerifier | null = null

  const stitch = (piece: Piece, verdict: SegmentVerdict): boolean => {
    if (!verdict.ok) return false
    if (verdict.count !== piece.count || verdict.ids.length !== piece.count * packedIdBytes) return false
    if (!sameBoundary(piece.start, end) || !sameBoundary(piece.end, verdict.end)) return false
    if (!ids.addAll(verdict.ids)) return false
    end = verdict.end
    count += piece.count
    return true
  }

  const walk = (line: string | Uint8Array): ProofFault | null => {
    walker ??= makeChainVerifier({ publicKey: keyOf(end), recoveryKey }, backend, end.head, { ...end, ids })
    fault = walker.accept(line)
    if (fault === null) count++
    return fault
  }

  const verdict = (): AuditVerdict => {
    if (fault !== null) return auditFailed("full", count, fault)
    const { epochs, head } = walker === null ? end : { epochs: walker.epochs(), head: walker.head() }
    return auditPassed("full", { count, head, epochs })
  }

  return { stitch, walk, count: () => count, verdict }
}
