/** What the ledger keeps of archived proofs, as one hash: signed with the archive, so that nobody changes it afterwards. */
import { createHash } from "node:crypto"
import { canonicalJson } from "@farmops/proof/canonicalJson"
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { SqlCount } from "../SqlCount.ts"
import { voidCauses } from "../trust/voidFold.ts"

const decodeRows = Schema.decodeUnknownEffect(
  Schema.Array(
    Schema.Struct({
      position: SqlCount,
      proof_id: Schema.String,
      agent_id: Schema.String,
      branch: SqlCount,
      sequence: SqlCount,
      hash: Schema.String,
      coins: SqlCount,
      received_at: Schema.String,
      void: Schema.NullOr(Schema.Literals(voidCauses))
    })
  )
)

/** Rows that are held in memory at once. */
const pageRows = 2000

/** SHA-256, in hex, of one line of canonical JSON for each proof from position `from` to before `to`. */
export const archivedRowsHash = Effect.fnUntraced(function* (from: number, to: number) {
  const sql = yield* SqlClient.SqlClient
  const hash = createHash("sha256")
  for (let position = from - 1; ; ) {
    const rows = yield* decodeRows(
      yield* sql`SELECT position, proof_id, agent_id, branch, sequence, hash, coins, received_at, void
        FROM tracker_proof WHERE position > ${position} AND position < ${to} ORDER BY position LIMIT ${pageRows}`
    )
    for (const row of rows) hash.update(`${canonicalJson(row)}\n`, "utf8")
    position = rows.at(-1)?.position ?? position
    if (rows.length < pageRows) return hash.digest("hex")
  }
})
