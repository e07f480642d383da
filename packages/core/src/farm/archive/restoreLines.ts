/** Puts archived lines back into their rows, and beside each what a replay pays for it. */
import { createHash } from "node:crypto"
import { parseProof } from "@farmops/proof/verify"
import { Array as Arr, Effect, FileSystem, Stream } from "effect"
import { SqlClient } from "effect/sql"
import { type FoldedProof, foldLedger } from "../foldLedger.ts"
import { foldAfterArchives } from "../foldStart.ts"
import { LedgerUnavailable } from "../LedgerUnavailable.ts"
import { indexProofs } from "../listing/proofIndex.ts"
import { readStandings } from "../trust/readStandings.ts"
import { ArchiveFileUnusable } from "./archiveErrors.ts"

/** Rows in one statement: beyond this it costs little compared with the rows themselves. */
const rowsPerUpdate = 256

/** One column of many rows. Both databases call the columns of a list of values column1 and column2. */
const setColumn = Effect.fnUntraced(function* (
  column: "line" | "scoring_detail",
  rows: ReadonlyArray<readonly [position: number, text: string]>
) {
  if (rows.length === 0) return
  const sql = yield* SqlClient.SqlClient
  const values = sql.csv(rows.map(([position, text]) => sql`(CAST(${position} AS BIGINT), CAST(${text} AS TEXT))`))
  yield* sql`UPDATE tracker_proof SET ${sql(column)} = back.column2 FROM (VALUES ${values}) AS back
    WHERE tracker_proof.position = back.column1`
})

const payAgain = (proofs: ReadonlyArray<FoldedProof>) =>
  Effect.forEach(
    Arr.chunksOf(
      proofs.map(({ position, replayed }) => [position, JSON.stringify(replayed.detail)] as const),
      rowsPerUpdate
    ),
    (rows) => setColumn("scoring_detail", rows),
    { discard: true }
  )

/**
 * Reads the file's lines into the rows from `from` to before `to`, whose archive is no longer counted as away. Answers with
 * the SHA-256 of what it read, which the caller must compare.
 */
export const restoreLines = Effect.fnUntraced(
  function* (path: string, from: number, to: number) {
    const fs = yield* FileSystem.FileSystem
    const hash = createHash("sha256")
    const bytes = Stream.tap(fs.stream(path), (piece) => Effect.sync(() => hash.update(piece)))
    const lines = bytes.pipe(Stream.decodeText(), Stream.splitLines, Stream.drop(1))
    let position = from
    yield* Stream.runForEach(Stream.grouped(lines, rowsPerUpdate), (group) => {
      const rows = group.map((line, at) => [position + at, line] as const)
      position += group.length
      // Events never left.
      return setColumn(
        "line",
        rows.filter(([, line]) => parseProof(line).ok)
      )
    })
    if (position !== to) return yield* new LedgerUnavailable({ cause: "the archive has another number of lines" })
    const standings = yield* readStandings
    const { standing } = standings
    yield* foldLedger(yield* foldAfterArchives(standings), { standing, until: to, onPage: payAgain })
    yield* indexProofs(from, to)
    return hash.digest("hex")
  },
  (effect, path) =>
    Effect.catchTag(effect, "PlatformError", (error) =>
      Effect.fail(new ArchiveFileUnusable({ path, reason: `cannot be read (${error.reason._tag})` }))
    )
)
