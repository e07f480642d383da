/** Up to where to archive: the last signed checkpoint that the owner's wish allows. */
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { readLength } from "../checkpoint/ledgerLeaves.ts"
import { SqlCount } from "../SqlCount.ts"

/** The owner's wish. */
export type ArchiveWish =
  | { readonly type: "before_size"; readonly size: number }
  /** Lines that a checkpoint of before this moment signs, in the wire's spelling. */
  | { readonly type: "before_time"; readonly time: string }
  /** All but the newest lines. */
  | { readonly type: "keep"; readonly lines: number }

const decodeSizes = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ size: Schema.NullOr(SqlCount) })))

/** A checkpoint's size; null where there is none such. */
export const chooseBoundary = Effect.fnUntraced(function* (wish: ArchiveWish) {
  const sql = yield* SqlClient.SqlClient
  const { held } = yield* readLength
  const size = wish.type === "keep" ? held - wish.lines : wish.type === "before_size" ? wish.size : held
  const time = wish.type === "before_time" ? sql`AND created_at < ${wish.time}` : sql.literal("")
  const [row] = yield* decodeSizes(
    yield* sql`SELECT MAX(size) AS size FROM tracker_checkpoint WHERE size <= ${size} ${time}`
  )
  return row?.size ?? null
})
