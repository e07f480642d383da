/**
 * Appends to the log in the given file and announces each sequence once it is durable: `appendForever.ts FILE NAME [COUNT]`.
 * Runs until it is killed, or until COUNT of its own entries are in. Another writer's entry in between is no failure.
 */
import { writeSync } from "node:fs"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { ProofLog } from "../src/ProofLog.ts"
import * as ProofLogSql from "../src/ProofLogSql.ts"

const [filename = "", name = "", count = "Infinity"] = process.argv.slice(2)

const program = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`PRAGMA synchronous = FULL`
  yield* sql`PRAGMA busy_timeout = 10000`
  const log = yield* ProofLog
  for (let written = 0; written < Number(count); ) {
    const sequence = yield* log.count
    const id = `${name} ${sequence}`
    const appended = yield* log
      .append({
        sequence,
        proofId: id,
        hash: id,
        line: id.repeat(300),
        observationId: id,
        evidenceSalt: new Uint8Array(32)
      })
      .pipe(
        Effect.as(true),
        Effect.catchTag("ChainForked", () => Effect.succeed(false))
      )
    if (!appended) continue
    written++
    writeSync(1, `${sequence}\n`)
  }
})

const layer = Layer.provideMerge(ProofLogSql.layer, SqliteClient.layer({ filename }))
await Effect.runPromise(Effect.provide(program, layer))
