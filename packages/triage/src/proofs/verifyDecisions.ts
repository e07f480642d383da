/**
 * Holds the log against the chain: the chain must be whole and signed by the harness's key, each proof must bind the very rows that the
 * log holds, and each decision must have its proof. Reads only.
 */
import { auditChain } from "@farmops/proof/auditChain"
import { nodeBackend } from "@farmops/proof/NodeBackend"
import { hashEvidence } from "@farmops/proof/ProofBuilder"
import { entriesMax, type LogEntry, ProofLog } from "@farmops/proof/ProofLog"
import { parseProof } from "@farmops/proof/verify"
import { Effect, Redacted } from "effect"
import { orStoreUnavailable } from "../StoreUnavailable.ts"
import { observationIdOf, type RecordedDecision, readRecorded } from "./decisionEvidence.ts"

/** What is wrong with one decision. */
export interface DecisionFault {
  readonly fault: /** The rows are not those that were proved. */
    | "rewritten"
    /** There is a proof, and its decision is gone from the log. */
    | "removed"
    /** There is no proof: not yet, or the row was put in by another hand. */
    | "unproved"
  readonly taskId: string
  /** The log's id; null where the row is gone. */
  readonly logId: number | null
}

/** What a verification found. `ok` where the chain is whole and nothing was rewritten or removed. */
export interface VerifiedDecisions {
  readonly ok: boolean
  readonly decisions: number
  readonly proofs: number
  /** Why the chain itself does not hold; null where it does. */
  readonly chainFault: string | null
  readonly faults: ReadonlyArray<DecisionFault>
}

const readEntries = Effect.gen(function* () {
  const log = yield* ProofLog
  const entries: Array<LogEntry> = []
  for (;;) {
    const page = yield* log.entriesAfter(entries.at(-1)?.sequence ?? -1, entriesMax)
    entries.push(...page)
    if (page.length < entriesMax) return entries
  }
})

const pageSize = 500

const readDecisions = Effect.gen(function* () {
  const decisions: Array<RecordedDecision> = []
  for (;;) {
    const page = yield* readRecorded(decisions.at(-1)?.logId ?? 0, pageSize)
    decisions.push(...page)
    if (page.length < pageSize) return decisions
  }
})

/** Whether the proof in an entry's signed line binds these bytes. The line is what was signed: no column is believed. */
const binds = (entry: LogEntry, evidence: Uint8Array): boolean => {
  const parsed = parseProof(entry.line)
  const salt = Redacted.make(entry.evidenceSalt)
  return parsed.ok && parsed.value.proof.outcome.evidence_hash === hashEvidence(salt, evidence)
}

const prefix = observationIdOf("")

const judge = (entries: ReadonlyArray<LogEntry>, decisions: ReadonlyArray<RecordedDecision>) => {
  const byObservation = new Map(entries.map((entry) => [entry.observationId, entry]))
  const faults: Array<DecisionFault> = []
  for (const { evidence, logId, taskId } of decisions) {
    const entry = byObservation.get(observationIdOf(taskId))
    byObservation.delete(observationIdOf(taskId))
    if (entry === undefined) faults.push({ fault: "unproved", taskId, logId })
    else if (!binds(entry, evidence)) faults.push({ fault: "rewritten", taskId, logId })
  }
  for (const observationId of byObservation.keys()) {
    if (!observationId.startsWith(prefix)) continue
    faults.push({ fault: "removed", taskId: observationId.slice(prefix.length), logId: null })
  }
  return faults
}

/** `publicKey` is the key with which the chain began. */
export const verifyDecisions = Effect.fn("verifyDecisions")(function* (publicKey: string) {
  const entries = yield* readEntries
  const decisions = yield* orStoreUnavailable(readDecisions)
  const audit = auditChain(
    "full",
    entries.map(({ line }) => line),
    publicKey,
    nodeBackend
  )
  const faults = judge(entries, decisions)
  const verified: VerifiedDecisions = {
    ok: audit.ok && faults.every(({ fault }) => fault === "unproved"),
    decisions: decisions.length,
    proofs: entries.length,
    chainFault: audit.ok ? null : `${audit.fault.code} in proof ${audit.line}`,
    faults
  }
  return verified
})
