/** Audits what the ledger keeps of archived lines: their rows and the sums over them are those that the tracker signed. */
import { createHash } from "node:crypto"
import { verifyArchiveHeader } from "@farmops/proof/archiveHeader"
import { trackerKeyAt } from "@farmops/proof/trackerRotation"
import { Effect, Option, Schema } from "effect"
import { SqlClient } from "effect/sql"
import type { AuditTrust } from "../audit/AuditReport.ts"
import { trustIn } from "../keys/readFarmKeys.ts"
import { SqlCount } from "../SqlCount.ts"
import { LedgerEvent } from "../trust/LedgerEvent.ts"
import { readArchives, type StoredArchive } from "./ArchiveStore.ts"
import { archivedRowsHash } from "./archivedRows.ts"

const sha256 = (text: string): string => createHash("sha256").update(text, "utf8").digest("hex")

const decodeRows = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ position: SqlCount, line: Schema.String })))
const decodeBody = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Struct({ body: LedgerEvent })))

/** The events that say which file took lines away, by that file's hash. */
const archivings = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* decodeRows(
    yield* sql`SELECT position, line FROM tracker_event WHERE kind = 'range_archived' ORDER BY position`
  )
  return new Map(
    rows.flatMap(({ line, position }) => {
      const event = Option.getOrNull(decodeBody(line))?.body
      return event?.kind === "range_archived" ? [[event.file_sha256, position] as const] : []
    })
  )
})

/** Answers with the number of lines that lie in archives. */
export const auditArchives = Effect.fnUntraced(function* ({ backend, farmId, found, keys }: AuditTrust) {
  let end = 0
  const positions = yield* archivings
  const audit = Effect.fnUntraced(function* (stored: StoredArchive) {
    const place = `archive up to ${stored.to_size}`
    if (stored.from_size !== end) found.add("archive", place, "it does not begin where the one before it ends")
    end = stored.to_size
    const checked = verifyArchiveHeader(stored.header, trustIn(keys), backend)
    if (!checked.ok || checked.value.farm_id !== farmId) {
      found.add("archive", place, "this tracker did not sign it")
      return
    }
    // A key that was retired before the lines left may not speak for them.
    const at = positions.get(stored.file_sha256)
    if (at === undefined || checked.keys.epochs.at(-1)?.publicKey !== trackerKeyAt(keys, at)) {
      found.add("archive", place, "it is not signed by the key that put its event into the ledger")
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
