/** How a moment of the past is asked for: a time, a farm-day or a line of the ledger. */
import { ProofTimestamp } from "@farmops/proof/FarmProof"
import { Schema } from "effect"
import { isFarmDay } from "../../scoring/farmDay.ts"

/** What `at` named. */
export type Moment =
  /** The farm after every line that was taken by then; in the wire's spelling. */
  | { readonly kind: "time"; readonly time: string }
  /** The farm when this day was over, `YYYY-MM-DD`. */
  | { readonly kind: "day"; readonly day: string }
  /** The farm after the line at this position. */
  | { readonly kind: "line"; readonly position: number }

const isTime = Schema.is(ProofTimestamp)

/** Null for what is none of the three. */
export const parseMoment = (text: string): Moment | null => {
  if (/^(0|[1-9]\d{0,14})$/.test(text)) return { kind: "line", position: Number(text) }
  if (/^\d{4}-\d\d-\d\d$/.test(text) && isFarmDay(text)) return { kind: "day", day: text }
  return isTime(text) ? { kind: "time", time: text } : null
}
