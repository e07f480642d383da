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
import { observationIdOf, type RecordedDecision, readRecorded, readStrays } from "./decisionEvidence.ts"

/** What is wrong with one decision. */
export interface DecisionFault {
  readonly fault: /** The rows are not those that were proved. */
    | "rewritten"
    /** There is a proof, and its decision is gone from the log. */
    | "removed"
    /** There is no proof: not yet, or the row was put in by another hand. The next run of the harness proves it. */
    | "unproved"
    /** There is no proof, and later decisions have theirs: another hand put the row in. */
    | "inserted"
    /** A row of the log or of an action that belongs to no decision. */
    | "stray"
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
    const page = yield* readRecorded(decisions.at(-1)?.logId ?? Number.MIN_SAFE_INTEGER, pageSize)
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
  // Decisions are proved in the log's order: what is without a proof before one that has it was never the harness's.
  const provedTo = Math.max(
    -1,
    ...decisions.filter(({ taskId }) => byObservation.has(observationIdOf(taskId))).map(({ logId }) => logId)
  )
  for (const { evidence, logId, misplaced, taskId } of decisions) {
    const entry = byObservation.get(observationIdOf(taskId))
    byObservation.delete(observationIdOf(taskId))
    if (entry === undefined) faults.push({ fault: logId < provedTo ? "inserted" : "unproved", taskId, logId })
    else if (misplaced || !binds(entry, evidence)) faults.push({ fault: "rewritten", taskId, logId })
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
  const strays = yield* orStoreUnavailable(readStrays)
  const faults: ReadonlyArray<DecisionFault> = [
    ...judge(entries, decisions),
    ...strays.map(({ log_id, task_id }) => ({ fault: "stray" as const, taskId: task_id, logId: log_id }))
  ]
  const verified: VerifiedDecisions = {
    ok: audit.ok && faults.every(({ fault }) => fault === "unproved"),
    decisions: decisions.length,
    proofs: entries.length,
    chainFault: audit.ok ? null : `${audit.fault.code} in proof ${audit.line}`,
    faults
  }
  return verified
})
