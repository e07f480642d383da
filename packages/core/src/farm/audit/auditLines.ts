/** Reads every stored byte of the ledger in its order: compares each column with the line beside it, and the tree with all lines. */
import { encodeHex } from "@farmops/proof/hex"
import { hashLeaf } from "@farmops/proof/merkle"
import { trackerKeyAt } from "@farmops/proof/trackerRotation"
import { parseProof } from "@farmops/proof/verify"
import { Effect } from "effect"
import { verifyEvent } from "../trust/LedgerEvent.ts"
import type { AuditTrust, DifferenceList } from "./AuditReport.ts"
import type { TreeAuditor } from "./auditTree.ts"
import { type LedgerRow, rowsAfter } from "./ledgerRows.ts"

/** The owner's yes, as it was signed. */
export interface Approval {
  readonly agent_id: string
  readonly public_key: string
  readonly recovery_public_key: string | null
}

/** What the reading needs to know. */
export interface LineAudit extends AuditTrust {
  /** Lines before this position may lie in archives. */
  readonly archivedTo: number
  readonly onProgress: (lines: number) => void
}

const utf8 = new TextEncoder()

const compare = (found: DifferenceList, position: number, columns: ReadonlyArray<readonly [string, boolean]>): void => {
  for (const [name, same] of columns) {
    if (!same) found.add("column", `position ${position}`, `its column ${name} is not what its line says`)
  }
}

const auditProof = (row: LedgerRow & { type: "proof" }, { archivedTo, backend, found }: LineAudit): void => {
  if (row.line === null) {
    if (row.position >= archivedTo) found.add("line_missing", `position ${row.position}`, "the proof has lost its line")
    return
  }
  const parsed = parseProof(row.line)
  if (!parsed.ok) {
    const { code, detail } = parsed.fault
    found.add("line_damaged", `position ${row.position}`, `its line is no proof, ${code}: ${detail}`)
    return
  }
  const { proof, unsigned } = parsed.value
  compare(found, row.position, [
    ["proof_id", row.proof_id === proof.proof_id],
    ["agent_id", row.agent_id === proof.agent.agent_id],
    ["sequence", row.sequence === proof.sequence],
    ["hash", row.hash === encodeHex(backend.sha256(utf8.encode(unsigned)))]
  ])
}

const auditEvent = (row: LedgerRow & { type: "event" }, audit: LineAudit): Approval | null => {
  const { backend, farmId, found, keys } = audit
  const event = verifyEvent(row.line, trackerKeyAt(keys, row.position), backend)
  if (event === null || event.position !== row.position || event.farm_id !== farmId) {
    found.add("event", `position ${row.position}`, "this tracker did not sign it for this place")
    return null
  }
  compare(found, row.position, [
    ["kind", row.kind === event.kind],
    ["occurred_at", row.occurred_at === event.at]
  ])
  return event.kind === "agent_approved" ? event : null
}

/** Counts what it read, and remembers whom the owner approved. */
export const auditLines = Effect.fnUntraced(function* (tree: TreeAuditor, audit: LineAudit) {
  const { backend, found } = audit
  const counts = { proofs: 0, events: 0, archived: 0 }
  const approvals: Array<Approval> = []
  let next = 0
  for (;;) {
    const rows = yield* rowsAfter(next - 1)
    if (rows.length === 0) return { ...counts, approvals, length: next }
    for (const row of rows) {
      if (row.position < next) {
        found.add("line_missing", `position ${row.position}`, "two lines have this position")
        continue
      }
      for (; next < row.position; next++) {
        found.add("line_missing", `position ${next}`, "the ledger has no line here")
        yield* tree.accept(null)
      }
      if (row.type === "proof") {
        counts.proofs++
        if (row.line === null) counts.archived++
        auditProof(row, audit)
      } else {
        counts.events++
        const approval = auditEvent(row, audit)
        if (approval !== null) approvals.push(approval)
      }
      yield* tree.accept(row.line === null ? null : hashLeaf(utf8.encode(row.line), backend.sha256))
      next++
    }
    audit.onProgress(next)
    yield* Effect.yieldNow
  }
})
