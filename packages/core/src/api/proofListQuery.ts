/** What may be asked of the list of proofs and of the days. Filters are answered from indexes and sums, none by reading lines. */
import { ProofHash } from "@farmops/proof/FarmProof"
import { categories, outcomeStatuses } from "@farmops/proof/vocabulary"
import { Schema } from "effect"
import { pageMax } from "../farm/listing/listProofs.ts"
import { isFarmDay } from "../scoring/farmDay.ts"
import { anySize, wholeParameter } from "./wholeParameter.ts"

/** A date in the ledger's time zone, `YYYY-MM-DD`. */
export const FarmDay = Schema.String.check(
  Schema.makeFilter(isFarmDay, { expected: "a date, spelled YYYY-MM-DD", toJsonSchema: () => ({ format: "date" }) })
)

/** Who earned: people and machines have boards of their own. */
export const Board = Schema.Literals(["human", "bot"])

/** Where a page starts: `next_cursor` of the page before. */
export const Cursor = wholeParameter(0, anySize)

// Ids and names of ours are shorter and have no control characters; anything else is not looked up.
const short = (max: number) => Schema.String.check(Schema.isMaxLength(max), Schema.isPattern(/^\P{Cc}*$/u))

/** All filters that are given must hold; `from` and `to` are farm-days, both included. */
export const proofListQuery = {
  limit: Schema.optionalKey(wholeParameter(1, pageMax)),
  cursor: Schema.optionalKey(Cursor),
  order: Schema.optionalKey(Schema.Literals(["newest", "oldest"])),
  agent_id: Schema.optionalKey(short(64)),
  plugin: Schema.optionalKey(short(128)),
  category: Schema.optionalKey(Schema.Literals(categories)),
  board: Schema.optionalKey(Board),
  status: Schema.optionalKey(Schema.Literals(outcomeStatuses)),
  actor: Schema.optionalKey(ProofHash),
  from: Schema.optionalKey(FarmDay),
  to: Schema.optionalKey(FarmDay)
}

/** Which farm-days, from the first with work to today unless it says so, and which work. */
export const dailyQuery = {
  from: proofListQuery.from,
  to: proofListQuery.to,
  board: proofListQuery.board,
  category: proofListQuery.category
}
