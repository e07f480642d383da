/** A whole number in a query: its digits and nothing else, so that OpenAPI can say which numbers are taken. */
import { Schema, SchemaTransformation } from "effect"

// Number.MAX_SAFE_INTEGER has sixteen.
const digits = /^[0-9]{1,16}$/

/** Between the two, both included. */
export const wholeParameter = (minimum: number, maximum: number) =>
  Schema.String.check(Schema.isPattern(digits))
    .annotate({ description: `a whole number from ${minimum} to ${maximum}` })
    .pipe(
      Schema.decodeTo(Schema.Int.check(Schema.isBetween({ minimum, maximum })), SchemaTransformation.numberFromString)
    )

/** For positions and sizes. */
export const anySize = Number.MAX_SAFE_INTEGER
