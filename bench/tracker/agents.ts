/** Agents whose proofs were signed before the clock starts, and the ledger that has approved them. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { TrustStore } from "@farmops/core/farm/TrustStore"
import type { Sodium } from "@farmops/proof/SodiumBackend"
import { signStatement } from "@farmops/proof/signedStatement"
import { ledgerLayer, type TrackerConfig } from "@farmops/tracker/layer"
import { Effect, Layer } from "effect"
import { makeKey } from "../proof/records.ts"
import { makeWriter } from "../proof/writer.ts"

/** A tracker alone on its own folder, on whatever ports are free. */
export const configAt = (directory: string): TrackerConfig => ({
  dbUrl: `sqlite://${join(directory, "ledger.db")}`,
  dataDir: directory,
  port: 0,
  grpcPort: 0,
  host: "127.0.0.1",
  timeZone: "UTC",
  farmName: "Bench",
  sample: false
})

/** One agent of the fleet: its key, and the next line of its chain whenever it is asked. */
export interface FleetAgent {
  readonly publicKeyHex: string
  readonly next: () => string
}

/** Enrols and approves `count` agents in the ledger of a folder that no tracker serves now. */
export const enrolFleet = (directory: string, count: number, sodium: Sodium): Promise<ReadonlyArray<FleetAgent>> =>
  Effect.gen(function* () {
    const trust = yield* TrustStore
    const fleet: Array<FleetAgent> = []
    for (let at = 0; at < count; at++) {
      const key = makeKey(sodium)
      const { agentId, next } = makeWriter(key)
      const body = {
        agent_id: agentId,
        public_key: key.publicKeyHex,
        recovery_public_key: null,
        cluster_alias: "bench",
        requested_at: `${new Date().toISOString().slice(0, 19)}Z`
      }
      yield* trust.enroll({ ...body, possession: signStatement(key, "farmops/enrolment/v1", body) })
      yield* trust.approve(agentId)
      fleet.push({ publicKeyHex: key.publicKeyHex, next })
    }
    return fleet
  }).pipe(
    Effect.provide(ledgerLayer(configAt(directory)).pipe(Layer.provide(NodeServices.layer))),
    Effect.scoped,
    Effect.runPromise
  )

/** The next `each` proofs of every agent as a file: a line for each agent, its key and its proofs. */
export const signAhead = (file: string, fleet: ReadonlyArray<FleetAgent>, each: number): void =>
  writeFileSync(
    file,
    fleet
      .map(({ next, publicKeyHex }) =>
        JSON.stringify({ public_key: publicKeyHex, proofs: Array.from({ length: each }, next) })
      )
      .join("\n")
  )
