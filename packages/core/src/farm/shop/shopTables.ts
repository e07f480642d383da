/** The tables behind the shop, the rules and the achievements. */
import { canonicalJson } from "@farmops/proof/canonicalJson"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { defaultRules } from "../../scoring/Rules.ts"
import { emptyHoldings } from "../economy/Holdings.ts"

/**
 * The migration. What a farm owns, by which rules it pays and what it achieved are projections of the ledger, kept as
 * canonical JSON. A farm of before has bought nothing; its achievements are folded at the next start, so they are none yet.
 */
export const createShop = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE tracker_economy (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    holdings TEXT NOT NULL,
    rules TEXT NOT NULL,
    achievements TEXT
  )`
  yield* sql`INSERT INTO tracker_economy (id, holdings, rules)
    SELECT id, CAST(${canonicalJson(emptyHoldings)} AS TEXT), CAST(${canonicalJson(defaultRules)} AS TEXT)
    FROM tracker_farm`
  // What was answered to a request that may be sent again.
  yield* sql`CREATE TABLE tracker_request (
    number BIGINT NOT NULL PRIMARY KEY,
    request_key TEXT NOT NULL UNIQUE,
    request_sha256 TEXT NOT NULL,
    answer TEXT NOT NULL
  )`
})
