import { execFileSync } from "node:child_process"
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, expect, it } from "@effect/vitest"
import { verifyArchive } from "@farmops/proof/archiveFile"
import { nodeBackend } from "@farmops/proof/NodeBackend"
import { verifyProofBundle } from "@farmops/proof/proofBundle"
import { parseProof } from "@farmops/proof/verify"
import { Effect, Result } from "effect"
import { SqlClient } from "effect/sql"
import { LedgerArchive } from "../src/farm/archive/LedgerArchive.ts"
import { Checkpointer } from "../src/farm/checkpoint/Checkpointer.ts"
import { Checkpoints } from "../src/farm/checkpoint/Checkpoints.ts"
import { LedgerSettings } from "../src/farm/LedgerSettings.ts"
import { catchUpProofIndex } from "../src/farm/listing/proofIndex.ts"
import { ProofIntake } from "../src/farm/ProofIntake.ts"
import { rebuildProjection, replayLedger } from "../src/farm/rebuildProjection.ts"
import { TrackerKey } from "../src/farm/TrackerKey.ts"
import { TrustStore } from "../src/farm/TrustStore.ts"
import { auditNow, grow, makeStory, onCheckpointedFarm, storedLines } from "./checkpointLayers.ts"
import { approvedRecoverableAgent, approvedTestAgent } from "./farmLayers.ts"
import { temporaryFolder } from "./temporaryFolder.ts"

/** The farm and every row of its proofs, but for what an archive takes away. */
const farmNow = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  return JSON.stringify([
    yield* sql`SELECT length, human_coins, bot_coins, last_active, updated_at, scoring_state FROM tracker_farm`,
    yield* sql`SELECT * FROM tracker_category ORDER BY board, category`,
    yield* sql`SELECT * FROM tracker_day ORDER BY farm_day, board, category`,
    yield* sql`SELECT position, proof_id, agent_id, branch, sequence, hash, coins, received_at, void
      FROM tracker_proof ORDER BY position`
  ])
})

const bodies = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  return yield* sql<{ position: number; line: string | null; scoring_detail: string | null }>`
    SELECT position, line, scoring_detail FROM tracker_proof ORDER BY position`
})

const trust = Effect.gen(function* () {
  return { trackerKey: (yield* TrackerKey).publicKey, farmId: (yield* LedgerSettings).farmId }
})

/** A farm with a past whose first lines, up to the checkpoint of `size`, are in a file. */
const archivedStory = Effect.fnUntraced(function* (size: number) {
  const agents = yield* makeStory
  const folder = yield* temporaryFolder
  const file = join(folder, "a.farmops-archive")
  const before = { farm: yield* farmNow, bodies: yield* bodies, lines: yield* storedLines }
  const moved = yield* (yield* LedgerArchive).archive({ type: "before_size", size }, file)
  return { ...agents, folder, file, before, moved }
})

/** Another last digit of the signature. */
const otherSignature = `UPDATE tracker_proof SET line = substr(line, 1, instr(line, '","timestamp"') - 2)
  || CASE substr(line, instr(line, '","timestamp"') - 1, 1) WHEN '0' THEN '1' ELSE '0' END
  || substr(line, instr(line, '","timestamp"')) WHERE position = 4`

describe("LedgerArchive", () => {
  it.effect.each([15, 21, 33])("moves the lines up to checkpoint %i out, and the farm stays as it is", (size) =>
    onCheckpointedFarm(
      Effect.gen(function* () {
        const { before, file, moved } = yield* archivedStory(size)
        expect(moved).toMatchObject({ from: 0, to: size })
        const verdict = verifyArchive(readFileSync(file), yield* trust, nodeBackend)
        expect(verdict).toMatchObject({ ok: true, value: { header: { from: 0, to: size } } })
        const [, ...inFile] = readFileSync(file, "utf8").trimEnd().split("\n")
        assert.deepStrictEqual(
          inFile,
          before.lines.slice(0, size).map((line) => new TextDecoder().decode(line))
        )

        assert.strictEqual(yield* farmNow, before.farm)
        for (const { line, position, scoring_detail } of yield* bodies) {
          assert.strictEqual(line === null, position < size)
          assert.strictEqual(scoring_detail === null, position < size)
        }
        expect(yield* replayLedger()).toMatchObject({
          sums_equal: true,
          rewards_differ: 0,
          voids_differ: 0,
          proofs: 32
        })
        yield* rebuildProjection()
        assert.strictEqual(yield* farmNow, before.farm)
        for (const level of ["full", "links"] as const) {
          const report = yield* auditNow(level)
          expect(report.first).toEqual([])
          assert.strictEqual(report.archived, inFile.filter((line) => parseProof(line).ok).length)
        }
      })
    )
  )

  it.effect("takes proofs, signs checkpoints and proves what is left as if nothing had left", () =>
    onCheckpointedFarm(
      Effect.gen(function* () {
        const { before, one } = yield* archivedStory(21)
        const checkpoints = yield* Checkpoints
        yield* grow(one, 3)
        yield* (yield* Checkpointer).checkpoint
        const text = yield* checkpoints.bundle(one.head()?.proofId ?? "")
        const told = { origin: null, agentKey: one.key.publicKey, trackerKey: (yield* TrackerKey).publicKey }
        assert.isTrue(verifyProofBundle(text, told, nodeBackend).ok)
        expect((yield* auditNow()).first).toEqual([])

        // Of an archived proof the tree still knows its place.
        const parsed = parseProof(before.lines[3] ?? "")
        const id = parsed.ok ? parsed.value.proof.proof_id : ""
        assert.strictEqual((yield* checkpoints.inclusion(id, null)).index, 3)
        expect(yield* Effect.flip(checkpoints.bundle(id))).toMatchObject({ _tag: "ProofArchived", proofId: id })
      })
    )
  )

  it.effect("answers `already`, with its coins, to an archived proof that is sent again", () =>
    onCheckpointedFarm(
      Effect.gen(function* () {
        const { before } = yield* archivedStory(15)
        const farm = yield* farmNow
        const lines = before.lines.slice(2, 7).map((line) => new TextDecoder().decode(line))
        const answers = yield* (yield* ProofIntake).acceptBatch(lines)
        for (const answer of answers) {
          assert.isTrue(Result.isSuccess(answer) && answer.success.already && answer.success.coins > 0)
        }
        assert.strictEqual(yield* farmNow, farm)
      })
    )
  )

  it.effect("archives one run after the other, each on the one before, and brings them back from the last", () =>
    onCheckpointedFarm(
      Effect.gen(function* () {
        const { before, file, folder, one } = yield* archivedStory(15)
        const { archive, restore } = yield* LedgerArchive
        const second = join(folder, "b.farmops-archive")
        const third = join(folder, "c.farmops-archive")
        yield* catchUpProofIndex
        expect(yield* archive({ type: "before_size", size: 32 }, second)).toMatchObject({ from: 15, to: 21 })
        expect(yield* archive({ type: "keep", lines: 0 }, third)).toMatchObject({ from: 21, to: 33 })
        for (const path of [file, second, third]) {
          assert.isTrue(verifyArchive(readFileSync(path), yield* trust, nodeBackend).ok)
        }
        yield* grow(one, 4)
        expect((yield* auditNow()).first).toEqual([])
        expect(yield* Effect.flip(restore(second))).toMatchObject({ _tag: "ArchiveMismatch", reason: "later_first" })
        const farm = yield* farmNow
        const indexed = Effect.gen(function* () {
          yield* catchUpProofIndex
          return yield* (yield* SqlClient.SqlClient)`SELECT position FROM tracker_proof_index ORDER BY position`
        })
        const withBodies = Effect.map(bodies, (rows) =>
          rows.filter(({ line }) => line !== null).map(({ position }) => ({ position }))
        )
        assert.deepStrictEqual(yield* indexed, yield* withBodies)
        for (const path of [third, second, file]) yield* restore(path)
        assert.deepStrictEqual(yield* indexed, yield* withBodies)
        assert.strictEqual(yield* farmNow, farm)
        assert.deepStrictEqual((yield* bodies).slice(0, before.bodies.length), before.bodies)
        expect((yield* auditNow()).first).toEqual([])
        expect(yield* Effect.flip(restore(file))).toMatchObject({ _tag: "ArchiveMismatch", reason: "not_away" })
        // Again, now in one go.
        yield* (yield* Checkpointer).checkpoint
        expect(yield* archive({ type: "before_size", size: 33 }, join(folder, "d"))).toMatchObject({ from: 0, to: 33 })
        expect((yield* auditNow()).first).toEqual([])
      })
    )
  )

  it.effect("archives what was signed before a day, and nothing that no checkpoint covers", () =>
    onCheckpointedFarm(
      Effect.gen(function* () {
        yield* makeStory
        const { archive } = yield* LedgerArchive
        const file = join(yield* temporaryFolder, "a")
        const early = { type: "before_time", time: "2026-03-04T10:00:00Z" } as const
        expect(yield* Effect.flip(archive(early, file))).toMatchObject({ _tag: "NothingToArchive", archived: 0 })
        const small = { type: "before_size", size: 14 } as const
        expect(yield* Effect.flip(archive(small, file))).toMatchObject({ _tag: "NothingToArchive" })
        assert.isFalse(existsSync(file))
        const late = { type: "before_time", time: "2026-03-04T10:00:01Z" } as const
        expect(yield* archive(late, file)).toMatchObject({ from: 0, to: 33 })
        expect(yield* Effect.flip(archive(late, `${file}2`))).toMatchObject({ _tag: "NothingToArchive", archived: 33 })
      })
    )
  )

  it.effect("refuses to void what is archived until it is restored, and then does", () =>
    onCheckpointedFarm(
      Effect.gen(function* () {
        const { file, one } = yield* archivedStory(33)
        const { revoke } = yield* TrustStore
        const before = yield* farmNow
        expect(yield* Effect.flip(revoke(one.agentId, null))).toMatchObject({ _tag: "BodiesArchived" })
        assert.strictEqual(yield* farmNow, before)
        yield* (yield* LedgerArchive).restore(file)
        yield* revoke(one.agentId, null)
        expect((yield* auditNow()).first).toEqual([])
      })
    )
  )

  it.effect(
    "refuses a recovery to before what is archived, takes other agents' proofs, and takes it once that is restored",
    () =>
      onCheckpointedFarm(
        Effect.gen(function* () {
          const intake = yield* ProofIntake
          const agent = yield* approvedRecoverableAgent
          const other = yield* approvedTestAgent
          yield* grow(agent, 3)
          const early = agent.head()
          yield* grow(agent, 3)
          yield* (yield* Checkpointer).checkpoint
          const file = join(yield* temporaryFolder, "a")
          const { archive, restore } = yield* LedgerArchive
          yield* archive({ type: "keep", lines: 0 }, file)
          yield* grow(agent, 2)
          const recovery = yield* agent.recover(early)
          const [refusal, taken] = yield* intake.acceptBatch([recovery, yield* other.next()])
          assert.isTrue(refusal !== undefined && Result.isFailure(refusal) && refusal.failure.code === "archived")
          assert.isTrue(taken !== undefined && Result.isSuccess(taken))
          expect((yield* auditNow()).first).toEqual([])
          yield* restore(file)
          assert.isTrue((yield* intake.acceptBatch([recovery])).every(Result.isSuccess))
          expect((yield* auditNow()).first).toEqual([])
        })
      )
  )

  it.effect("never writes over a file", () =>
    onCheckpointedFarm(
      Effect.gen(function* () {
        yield* makeStory
        const file = join(yield* temporaryFolder, "a")
        writeFileSync(file, "mine")
        const error = yield* Effect.flip((yield* LedgerArchive).archive({ type: "keep", lines: 0 }, file))
        expect(error).toMatchObject({ _tag: "ArchiveFileUnusable", path: file })
        assert.strictEqual(readFileSync(file, "utf8"), "mine")
      })
    )
  )

  it.effect.each<[string, string, string]>([
    [
      "a line is not the one that was signed",
      "file_invalid",
      "UPDATE tracker_proof SET line = replace(line, '1 thing', '2 thing') WHERE position = 4"
    ],
    ["a signature is not the one that was signed", "file_invalid", otherSignature],
    [
      "a reward is not what a replay gives",
      "rewards_differ",
      "UPDATE tracker_proof SET coins = coins + 1 WHERE position = 4"
    ],
    [
      "a mark is not what a replay gives",
      "rewards_differ",
      "UPDATE tracker_proof SET void = 'recovery' WHERE position = 4"
    ]
  ])("moves nothing when %s", ([, reason, tampering]) =>
    onCheckpointedFarm(
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* makeStory
        yield* sql.unsafe(tampering)
        const file = join(yield* temporaryFolder, "a")
        const before = yield* bodies
        const error = yield* Effect.flip((yield* LedgerArchive).archive({ type: "keep", lines: 0 }, file))
        expect(error).toMatchObject({ _tag: "ArchiveRefused", reason })
        assert.deepStrictEqual(yield* bodies, before)
      })
    )
  )

  it.effect.each<[string, string, (file: string) => void]>([
    ["is cut off", "ArchiveInvalid", (file) => writeFileSync(file, readFileSync(file).subarray(0, -100))],
    [
      "was changed",
      "ArchiveInvalid",
      (file) => writeFileSync(file, readFileSync(file, "utf8").replace("1 thing", "2 thing"))
    ],
    ["is gone", "ArchiveFileUnusable", (file) => renameSync(file, `${file}.away`)],
    [
      "is a pipe, which nobody waits for",
      "ArchiveFileUnusable",
      (file) => {
        renameSync(file, `${file}.away`)
        execFileSync("mkfifo", [file])
      }
    ]
  ])("restores nothing from a file that %s", ([, tag, damage]) =>
    onCheckpointedFarm(
      Effect.gen(function* () {
        const { file } = yield* archivedStory(21)
        damage(file)
        const before = yield* bodies
        expect(yield* Effect.flip((yield* LedgerArchive).restore(file))).toMatchObject({ _tag: tag })
        assert.deepStrictEqual(yield* bodies, before)
        expect((yield* auditNow()).first).toEqual([])
      })
    )
  )

  it.effect("lets the audit notice a change of what is kept of archived proofs", () =>
    onCheckpointedFarm(
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* archivedStory(21)
        const meet = Effect.fnUntraced(function* (tampering: string, undo: string) {
          yield* sql.unsafe(tampering)
          const report = yield* auditNow()
          assert.isTrue(
            report.first.some(({ kind }) => kind === "archive"),
            tampering
          )
          yield* sql.unsafe(undo)
          expect((yield* auditNow()).first).toEqual([])
        })
        const coins = (by: number) => `UPDATE tracker_proof SET coins = coins + ${by} WHERE position = 4`
        yield* meet(coins(1), coins(-1))
        const time = (at: string) => `UPDATE tracker_proof SET received_at = '${at}' WHERE position = 4`
        yield* meet(time("2026-03-04T10:00:01Z"), time("2026-03-04T10:00:00Z"))
        yield* meet("UPDATE tracker_archive SET state = state || ' '", "UPDATE tracker_archive SET state = trim(state)")
        const header = (from: string, to: string) =>
          `UPDATE tracker_archive SET header = replace(header, '${from}', '${to}')`
        yield* meet(header('"to":21', '"to":22'), header('"to":22', '"to":21'))
      })
    )
  )

  it.effect("is a signed event of the ledger, and its way back too", () =>
    onCheckpointedFarm(
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const { file, moved } = yield* archivedStory(21)
        yield* (yield* LedgerArchive).restore(file)
        const rows = yield* sql<{ line: string }>`SELECT line FROM tracker_event ORDER BY position DESC LIMIT 2`
        const [back, away] = rows.map(({ line }) => JSON.parse(line).body)
        expect(away).toMatchObject({
          kind: "range_archived",
          from: 0,
          to: 20,
          checkpoint_size: 21,
          file_sha256: moved.file_sha256
        })
        expect(back).toMatchObject({ kind: "range_restored", from: 0, to: 20, file_sha256: moved.file_sha256 })
      })
    )
  )
})
