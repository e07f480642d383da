/** What an audit of a chain says: what it checked, how far it came, and in plain words what is known now. */
import type { ProofFault } from "./proofForm.ts"
import type { ChainHead, KeyEpoch } from "./verify.ts"

/** `full` checks everything that can be checked; `links` hashes everything and verifies one signature a key, some fifty times as fast. */
export type AuditLevel = "full" | "links"

/** What an audit of a chain found. `line` counts from 1; `count` is the number of records before the fault, or in all. */
export type AuditVerdict =
  | {
      readonly level: AuditLevel
      readonly ok: true
      readonly count: number
      readonly head: ChainHead | null
      readonly epochs: ReadonlyArray<KeyEpoch>
      /** What is known now, and what is not, in one sentence. */
      readonly proves: string
    }
  | {
      readonly level: AuditLevel
      readonly ok: false
      readonly line: number
      readonly fault: ProofFault
      readonly count: number
    }

const proved: Readonly<Record<AuditLevel, string>> = {
  full: "Each record has the form of version 1, is signed by the key in force or, where it hands the chain over, by the recovery key, and follows the record before it.",
  links:
    "But for the digits of its signature, each record's bytes lead by hash to a record whose signature by the key in force or the recovery key was checked; the form, the ids and the signatures of the records between are not checked."
}

/** How far a chain was found good. */
export interface AuditedChain {
  readonly count: number
  readonly head: ChainHead | null
  readonly epochs: ReadonlyArray<KeyEpoch>
}

/** The verdict on a chain without a fault. */
export const auditPassed = (level: AuditLevel, { count, epochs, head }: AuditedChain): AuditVerdict => ({
  level,
  ok: true,
  count,
  head,
  epochs,
  proves: count === 0 ? "Nothing: there are no records." : proved[level]
})

/** The verdict on a chain with a fault in the record after the first `count`. */
export const auditFailed = (level: AuditLevel, count: number, fault: ProofFault): AuditVerdict => ({
  level,
  ok: false,
  line: count + 1,
  fault,
  count
})
