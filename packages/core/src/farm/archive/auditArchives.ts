/** Audits what the ledger keeps of archived lines: their rows and the sums over them are those that the tracker signed. */
import { createHash } from "node:crypto"
import { verifyArchiveHeader } from "@farmops/proof/archiveHeader"
import { Effect } from "effect"
import type { AuditTrust } from "../audit/AuditReport.ts"
import { readArchives, type StoredArchive } from "./ArchiveStore.ts"
import { archivedRowsHash } from "./archivedRows.ts"

const sha256 = (text: string): string => createHash("sha256").update(text, "utf8").digest("hex")

/** Answers with the number of lines that lie in archives. */
export const auditArchives = Effect.fnUntraced(function* ({ backend, farmId, found, trackerKey }: AuditTrust) {
  let end = 0
  const audit = Effect.fnUntraced(function* (stored: StoredArchive) {
    const place = `archive up to ${stored.to_size}`
    if (stored.from_size !== end) found.add("archive", place, "it does not begin where the one before it ends")
    end = stored.to_size
    const checked = verifyArchiveHeader(stored.header, trackerKey, backend)
    if (!checked.ok || checked.value.farm_id !== farmId) {
      found.add("archive", place, "this tracker did not sign it")
      return
    }
    const { from, projection_sha256, rows_sha256, to } = checked.value
    if (from !== stored.from_size || to !== stored.to_size) {
      found.add("archive", place, "its columns are not what its header says")
    }
    if (sha256(stored.state) !== projection_sha256) found.add("archive", place, "the sums kept for it were changed")
    if ((yield* archivedRowsHash(from, to)) !== rows_sha256) {
      found.add("archive", place, "what is kept of its proofs was changed")
    }
  })
  yield* Effect.forEach(yield* readArchives, audit, { discard: true })
  return end
})
