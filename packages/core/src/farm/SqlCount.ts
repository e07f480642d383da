/** How a BIGINT, COUNT or SUM arrives from a database: as a number from SQLite, as text or a bigint from PostgreSQL. */
import { Schema, SchemaGetter } from "effect"

/** Decodes all three to a safe integer. */
export const SqlCount = Schema.Union([Schema.Number, Schema.String, Schema.BigInt]).pipe(
  Schema.decodeTo(Schema.Int, {
    decode: SchemaGetter.transform(Number),
    encode: SchemaGetter.transform((n: number) => n)
  })
)
