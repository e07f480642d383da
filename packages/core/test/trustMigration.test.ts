import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Ed25519Node from "@farmops/proof/Ed25519Node"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { createTrust } from "../src/farm/trust/trustTables.ts"
import * as Database from "../src/sql/Database.ts"
import { migrationKeepsLedger, oldTables } from "./firstVersionLedger.ts"
import { temporaryFolder } from "./temporaryFolder.ts"

describe("the migration to keys that rotate", () => {
  it.effect("keeps every proof, agent and sum of a ledger of the first version, which goes on as before", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      yield* migrationKeepsLedger(join(folder, "new.db"), join(folder, "old.db"))
    }).pipe(Effect.scoped)
  )

  it.effect("still lets nobody write proofs of an agent that never enrolled", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* Database.migrate("tracker", { ...oldTables, "0002_trust": createTrust })
      const row = { position: 0, proof_id: "a", agent_id: "nobody", sequence: 0, hash: "b", coins: 0, received_at: "c" }
      const failure = yield* Effect.flip(sql`INSERT INTO tracker_proof ${sql.insert(row)}`)
      assert.strictEqual(failure._tag, "SqlError")
    }).pipe(Effect.provide(Layer.merge(Database.layer(":memory:"), Ed25519Node.layer)))
  )
})
