import { assert, describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { auditNow, makeStory, onCheckpointedFarm } from "./checkpointLayers.ts"

/** SQL that puts other words in the place of some. */
const swap = (column: string, one: string, other: string) => `${column} = replace(${column}, '${one}', '${other}')`

describe("LedgerAudit", () => {
  it.effect.each(["full", "links"] as const)("finds nothing in a ledger that nobody touched, at level %s", (level) =>
    onCheckpointedFarm(
      Effect.gen(function* () {
        yield* makeStory
        const report = yield* auditNow(level)
        expect(report.first).toEqual([])
        expect(report).toMatchObject({ level, proofs: 32, events: 3, agents: 2, archived: 0, checkpoints: 3 })
        assert.strictEqual(report.signed, 33)
        assert.isTrue(report.proves.some((sentence) => sentence.includes("last 2 lines are not signed")))
        assert.strictEqual(
          report.proves.some((sentence) => sentence.includes("signatures between were not verified")),
          level === "links"
        )
      })
    )
  )

  it.effect("finds nothing in an empty ledger, and says that nothing is signed", () =>
    onCheckpointedFarm(
      Effect.gen(function* () {
        const report = yield* auditNow()
        expect(report).toMatchObject({ differences: 0, proofs: 0, checkpoints: 0 })
        assert.isTrue(report.proves.some((sentence) => sentence.startsWith("Nothing is signed yet")))
      })
    )
  )

  it.effect.each<[string, string, string, string]>([
    [
      "a byte of a stored line",
      "line_damaged",
      "position 4",
      `UPDATE tracker_proof SET ${swap("line", "Did 1", "did 1")}, line = line || ' ' WHERE position = 4`
    ],
    [
      "a word of a stored line",
      "column",
      "position 4",
      `UPDATE tracker_proof SET ${swap("line", "Did 1 thing", "Did 9 thing")} WHERE position = 4`
    ],
    [
      "a proof_id",
      "column",
      "position 4",
      `UPDATE tracker_proof SET proof_id = '00000000-0000-7000-8000-000000000000' WHERE position = 4`
    ],
    [
      "an agent_id",
      "column",
      "position 4",
      `UPDATE tracker_proof SET sequence = 99, agent_id = (SELECT agent_id FROM tracker_proof WHERE position = 8) WHERE position = 4`
    ],
    ["a sequence", "column", "position 4", "UPDATE tracker_proof SET sequence = 99 WHERE position = 4"],
    ["a hash", "column", "position 4", "UPDATE tracker_proof SET hash = substr(hash, 2) || 'x' WHERE position = 4"],
    ["a branch", "column", "position 4", "UPDATE tracker_proof SET branch = 7 WHERE position = 4"],
    ["a mark that was set", "column", "position 4", "UPDATE tracker_proof SET void = 'revocation' WHERE position = 4"],
    ["a mark that was taken away", "column", "position 19", "UPDATE tracker_proof SET void = NULL WHERE position = 19"],
    ["a reward", "column", "position 4", "UPDATE tracker_proof SET coins = coins + 1 WHERE position = 4"],
    [
      "the words of a reward",
      "column",
      "position 4",
      "UPDATE tracker_proof SET scoring_detail = '{}' WHERE position = 4"
    ],
    ["a row that is gone", "line_missing", "position 4", "DELETE FROM tracker_proof WHERE position = 4"],
    ["the last row", "sums", "the farm", "DELETE FROM tracker_proof WHERE position = 34"],
    ["a line that is gone", "line_missing", "position 4", "UPDATE tracker_proof SET line = NULL WHERE position = 4"],
    [
      "an event",
      "event",
      "position 0",
      `UPDATE tracker_event SET ${swap("line", "agent_approved", "agent_revoked")} WHERE position = 0`
    ],
    [
      "the kind of an event",
      "column",
      "position 0",
      "UPDATE tracker_event SET kind = 'agent_frozen' WHERE position = 0"
    ],
    ["an event that is gone", "line_missing", "position 1", "DELETE FROM tracker_event WHERE position = 1"],
    [
      "a tile",
      "tile",
      "tile 0 of level 0",
      "UPDATE tracker_tile SET hashes = substr(hashes, 2) || '0' WHERE level = 0"
    ],
    ["a tile that is gone", "checkpoint", "checkpoint 15", "DELETE FROM tracker_tile"],
    ["a tile too many", "tile", "the tree", "INSERT INTO tracker_tile VALUES (3, 9, '00')"],
    [
      "a note",
      "checkpoint",
      "checkpoint 15",
      `UPDATE tracker_checkpoint SET ${swap("note", "15", "14")} WHERE size = 15`
    ],
    [
      "a root beside a note",
      "checkpoint",
      "checkpoint 15",
      "UPDATE tracker_checkpoint SET root = substr(root, 2) || 'x' WHERE size = 15"
    ],
    ["a checkpoint that is gone", "checkpoint", "checkpoint 21", "DELETE FROM tracker_checkpoint WHERE size = 15"],
    ["a head", "head", "agent", "UPDATE tracker_agent SET head_sequence = head_sequence - 1"],
    ["a key", "head", "agent", "UPDATE tracker_agent SET public_key = substr(public_key, 2) || '0' WHERE branch = 0"],
    ["a recovery key", "head", "agent", "UPDATE tracker_agent SET recovery_public_key = NULL"],
    [
      "a key of before",
      "chain",
      "agent",
      "UPDATE tracker_key_epoch SET public_key = substr(public_key, 2) || public_key WHERE first_sequence = 6"
    ],
    ["the sums", "sums", "the farm", "UPDATE tracker_farm SET human_coins = human_coins + 1"],
    ["the count of lines", "sums", "the farm", "UPDATE tracker_farm SET entries = entries + 1"],
    ["a day's sums", "sums", "the farm", "UPDATE tracker_day SET work = work + 1"],
    ["a category's sums", "sums", "the farm", "UPDATE tracker_category SET coins = coins - 1"]
  ])("notices a change of %s", ([, kind, place, tampering]) =>
    onCheckpointedFarm(
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* makeStory
        yield* sql.unsafe("PRAGMA foreign_keys = OFF")
        yield* sql.unsafe("PRAGMA ignore_check_constraints = ON")
        yield* sql.unsafe(tampering)
        for (const level of ["full", "links"] as const) {
          const report = yield* auditNow(level)
          assert.isAbove(report.differences, 0)
          assert.deepStrictEqual(report.proves, [])
          const met = report.first.some((one) => one.kind === kind && one.place.startsWith(place))
          assert.isTrue(met, JSON.stringify(report.first))
        }
      })
    )
  )
})
