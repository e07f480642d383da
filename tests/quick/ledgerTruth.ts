/** Holds a ledger against what was acknowledged: each yes is there exactly once, and nothing else is wrong with it. */
import { dirname } from "node:path"
import * as Database from "@farmops/core/sql/Database"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { expect } from "vitest"
import { runFarmops } from "../../hosts/cli/test/runFarmops.ts"
import type { LoadAgent, LoadOwner } from "./trackerLoad.ts"

/** A ledger at rest and its tracker's folder. */
export interface LedgerAt {
  readonly db: string
  readonly data: string
}

const rows = <Row extends object>(db: string, text: string): Promise<ReadonlyArray<Row>> =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => sql.unsafe<Row>(text)).pipe(
    Effect.provide(Database.layer(db)),
    Effect.runPromise
  )

/** The lines of an agent in the order of its chain. */
export const chainOf = async (db: string, agentId: string): Promise<ReadonlyArray<string>> =>
  (
    await rows<{ line: string }>(
      db,
      `SELECT line FROM tracker_proof WHERE agent_id = '${agentId}' ORDER BY branch, sequence`
    )
  ).map(({ line }) => line)

/** One position sequence without a hole, over proofs and events. */
export const expectOneOrder = async (db: string): Promise<number> => {
  const found = await rows<{ position: number | bigint }>(
    db,
    "SELECT position FROM tracker_proof UNION ALL SELECT position FROM tracker_event ORDER BY position"
  )
  expect(found.findIndex(({ position }, at) => Number(position) !== at)).toBe(-1)
  return found.length
}

/** The audit of every byte, and the replay. */
export const expectSound = async ({ data, db }: LedgerAt): Promise<void> => {
  for (const command of ["audit", "replay"]) {
    const done = await runFarmops(["tracker", command, "--json", "--db", db, "--data", data], dirname(data))
    expect(done.code, done.stdout + done.stderr).toBe(0)
  }
}

const countOf = (lines: ReadonlyArray<string>, id: string): number => lines.filter((line) => line.includes(id)).length

/** Every yes is a line, once. A line whose yes was cut off may be there too: one for each sender at most. */
export const expectAcknowledged = async (
  at: LedgerAt,
  agents: ReadonlyArray<LoadAgent>,
  owners: ReadonlyArray<LoadOwner> = []
): Promise<void> => {
  await expectOneOrder(at.db)
  for (const { acknowledged, agentId } of agents) {
    const chain = await chainOf(at.db, agentId)
    expect(chain.slice(0, acknowledged.length)).toEqual(acknowledged)
    expect(chain.length - acknowledged.length).toBeLessThanOrEqual(1)
  }
  const events = async (kind: string) =>
    (await rows<{ line: string }>(at.db, `SELECT line FROM tracker_event WHERE kind = '${kind}'`)).map(
      ({ line }) => line
    )
  const bought = await events("item_bought")
  const refunded = await events("item_refunded")
  const wishes = owners.flatMap((owner) => owner.bought)
  const returns = owners.flatMap((owner) => owner.refunded)
  expect(wishes.filter((id) => countOf(bought, id) !== 1)).toEqual([])
  expect(returns.filter((id) => countOf(refunded, id) !== 1)).toEqual([])
  expect(bought.length - wishes.length).toBeLessThanOrEqual(owners.length)
  await expectSound(at)
}
