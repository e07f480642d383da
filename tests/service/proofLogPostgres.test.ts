/** The agent's log on PostgreSQL: the one suite that every backend runs. */
import * as ProofLogSql from "@farmops/proof/ProofLogSql"
import { Layer } from "effect"
import { afterAll, beforeAll, describe } from "vitest"
import { proofLogSuite } from "../../packages/proof/test/proofLogSuite.ts"
import { freshDatabase, postgresBin, type RunningPostgres, startPostgres } from "./postgres.ts"

let server: RunningPostgres
const running = () => server

describe.skipIf(postgresBin === null)("with a PostgreSQL server", () => {
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server.stop())

  proofLogSuite("on PostgreSQL", Layer.fresh(ProofLogSql.layer.pipe(Layer.provide(freshDatabase(running)))), "live")
})
