import { join } from "node:path"
import { assert, describe, expect, it } from "@effect/vitest"
import { type ArchiveHeader, signArchiveHeader, verifyArchiveHeader } from "@farmops/proof/archiveHeader"
import { checkpointOrigin, signCheckpoint, verifyCheckpoint } from "@farmops/proof/checkpoint"
import { decodeHex } from "@farmops/proof/hex"
import { nodeBackend } from "@farmops/proof/NodeBackend"
import { makeSigningKey, type SigningKey } from "@farmops/proof/SigningKey"
import { signTakeover } from "@farmops/proof/trackerRotation"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { LedgerArchive } from "../src/farm/archive/LedgerArchive.ts"
import { LedgerAudit } from "../src/farm/audit/LedgerAudit.ts"
import { Checkpointer } from "../src/farm/checkpoint/Checkpointer.ts"
import { readLatestCheckpoint } from "../src/farm/checkpoint/CheckpointStore.ts"
import { readLength } from "../src/farm/checkpoint/ledgerLeaves.ts"
import { FarmKeys } from "../src/farm/keys/FarmKeys.ts"
import { LedgerSettings } from "../src/farm/LedgerSettings.ts"
import { SnapshotSigner } from "../src/farm/SnapshotSigner.ts"
import { TrackerKey } from "../src/farm/TrackerKey.ts"
import { type LedgerEvent, signEvent, verifyEvent } from "../src/farm/trust/LedgerEvent.ts"
import { grow, onCheckpointedFarm } from "./checkpointLayers.ts"
import { approvedTestAgent, testNow } from "./farmLayers.ts"
import { temporaryFolder } from "./temporaryFolder.ts"

/** A farm whose key went over from `old` to `fresh`, with a line of each after its own. The test holds both. */
const rotatedFarm = Effect.gen(function* () {
  const key = yield* TrackerKey
  const agent = yield* approvedTestAgent
  yield* grow(agent, 3)
  const old = yield* key.inForce
  const { position } = yield* (yield* FarmKeys).rotate
  const fresh = yield* key.inForce
  yield* grow(agent, 2)
  yield* approvedTestAgent
  yield* (yield* Checkpointer).checkpoint
  return { agent, old, fresh, position, farmId: (yield* LedgerSettings).farmId }
})

type Rotated = Effect.Success<typeof rotatedFarm>

const audit = Effect.fnUntraced(function* (trackerKey: string) {
  const { first } = yield* (yield* LedgerAudit).audit({ level: "full", trackerKey })
  return first
})

const eventOf = (farmId: string, position: number, told: object) =>
  ({ schema: "farmops/event/1", farm_id: farmId, position, at: testNow, ...told }) as LedgerEvent

/** A rotation that is honest but for what a case changes of it. */
const turn = (
  { farmId }: Rotated,
  {
    at,
    by,
    from,
    possession,
    to
  }: { at: number; by: SigningKey; from: SigningKey; to: SigningKey; possession?: string }
) =>
  signEvent(
    by,
    eventOf(farmId, at, {
      kind: "tracker_key_rotated",
      new_public_key: to.publicKey,
      possession:
        possession ?? signTakeover(to, { at: testNow, farm_id: farmId, position: at, public_key: from.publicKey })
    })
  )

const setLine = Effect.fnUntraced(function* (position: number, line: string) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`UPDATE tracker_event SET line = ${line} WHERE position = ${position}`
})

/** Adds a line as somebody with the database and a key could. */
const append = Effect.fnUntraced(function* (make: (position: number) => string, kind = "tracker_key_rotated") {
  const sql = yield* SqlClient.SqlClient
  const { held } = yield* readLength
  yield* sql`INSERT INTO tracker_event ${sql.insert({ position: held, kind, line: make(held), occurred_at: testNow })}`
  yield* sql`UPDATE tracker_farm SET entries = entries + 1 WHERE id = 1`
  return held
})

/** Neither a snapshot nor an event nor a checkpoint is signed any more. */
const signsNothing = Effect.gen(function* () {
  const { snapshot } = yield* SnapshotSigner
  const { rotate } = yield* FarmKeys
  const { checkpoint } = yield* Checkpointer
  const refusals = [
    yield* Effect.flip(approvedTestAgent),
    yield* Effect.flip(snapshot),
    yield* Effect.flip(checkpoint),
    yield* Effect.flip(rotate)
  ]
  for (const { _tag } of refusals) {
    expect(_tag).toMatch(/^(LedgerUnavailable|CheckpointInconsistent|TrackerKeyUnusable)$/)
  }
})

const stranger = makeSigningKey

/** Lines that no honest tracker writes, put in the place of its rotation or after its last line. */
const cases: ReadonlyArray<
  readonly [string, (told: Rotated, other: SigningKey) => Effect.Effect<unknown, unknown, SqlClient.SqlClient>]
> = [
  [
    "a rotation without the new key's possession",
    (told) =>
      setLine(
        told.position,
        turn(told, { at: told.position, by: told.old, from: told.old, to: told.fresh, possession: "0".repeat(128) })
      )
  ],
  [
    "a rotation to a key that somebody else holds",
    (told, other) => setLine(told.position, turn(told, { at: told.position, by: told.old, from: told.old, to: other }))
  ],
  [
    "a rotation that another key signed",
    (told, other) => append((at) => turn(told, { at, by: other, from: other, to: other }))
  ],
  [
    "a second rotation by the old key",
    (told, other) => append((at) => turn(told, { at, by: told.old, from: told.old, to: other }))
  ],
  [
    "the same rotation once more",
    (told) => append(() => turn(told, { at: told.position, by: told.old, from: told.old, to: told.fresh }))
  ],
  [
    "the old rotation for a later place",
    (told) => append((at) => turn(told, { at, by: told.old, from: told.old, to: told.fresh }))
  ],
  [
    "a key that comes back",
    (told) => append((at) => turn(told, { at, by: told.fresh, from: told.fresh, to: told.old }))
  ]
]

describe("a ledger with a rotation that its tracker did not make", () => {
  it.effect.each(cases)("fails the audit, and nothing more is signed: %s", ([, tamper]) =>
    onCheckpointedFarm(
      Effect.gen(function* () {
        const told = yield* rotatedFarm
        for (const { publicKey } of [told.old, told.fresh]) expect(yield* audit(publicKey)).toEqual([])
        yield* tamper(told, yield* stranger)
        for (const { publicKey } of [told.old, told.fresh]) {
          const first = yield* audit(publicKey)
          assert.isTrue(
            first.some(({ kind }) => kind === "event"),
            JSON.stringify(first)
          )
        }
        yield* signsNothing
      })
    )
  )

  it.effect(
    "is followed by no key but that of the ledger: an honest rotation to a key elsewhere stops this tracker",
    () =>
      onCheckpointedFarm(
        Effect.gen(function* () {
          const told = yield* rotatedFarm
          const elsewhere = yield* stranger
          yield* append((at) => turn(told, { at, by: told.fresh, from: told.fresh, to: elsewhere }))
          // The ledger holds; it is this process that does not have the key.
          expect(yield* audit(told.old.publicKey)).toEqual([])
          yield* signsNothing
          assert.strictEqual((yield* (yield* FarmKeys).list).public_key, elsewhere.publicKey)
        })
      )
  )
})

describe("the old key of a tracker", () => {
  it.effect("signs no event after its rotation, and the new one none before", () =>
    onCheckpointedFarm(
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const { agent, farmId, fresh, old, position } = yield* rotatedFarm
        const approval = (by: SigningKey, at: number) =>
          signEvent(
            by,
            eventOf(farmId, at, {
              kind: "agent_approved",
              agent_id: agent.agentId,
              public_key: agent.key.publicKey,
              recovery_public_key: null
            })
          )
        const rows = yield* sql<{ position: number; line: string }>`
          SELECT position, line FROM tracker_event WHERE kind = 'agent_approved' ORDER BY position`
        for (const row of rows) {
          const wrong = row.position < position ? fresh : old
          // It is good in itself: only its place makes it false.
          assert.isNotNull(verifyEvent(approval(wrong, row.position), wrong.publicKey, nodeBackend))
          yield* setLine(row.position, approval(wrong, row.position))
          expect(yield* audit(fresh.publicKey)).toContainEqual({
            kind: "event",
            place: `position ${row.position}`,
            detail: "this tracker did not sign it for this place"
          })
          yield* setLine(row.position, row.line)
          expect(yield* audit(fresh.publicKey)).toEqual([])
        }
      })
    )
  )

  it.effect("signs no checkpoint after its rotation, and none follows one that it signed", () =>
    onCheckpointedFarm(
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const { agent, farmId, fresh, old } = yield* rotatedFarm
        const origin = checkpointOrigin(farmId)
        const stored = yield* readLatestCheckpoint
        const honest = verifyCheckpoint(stored?.note ?? "", { origin, publicKey: fresh.publicKey }, nodeBackend)
        if (!honest.ok || stored === null) return assert.fail("the last checkpoint is by the new key")
        const { previous, size } = honest.value
        const root = decodeHex(stored.root) ?? new Uint8Array(0)
        yield* sql`UPDATE tracker_checkpoint SET note = ${signCheckpoint(old, { origin, size, root, previous })} WHERE size = ${size}`
        assert.isTrue((yield* audit(fresh.publicKey)).some(({ kind }) => kind === "checkpoint"))
        yield* grow(agent, 1)
        const error = yield* Effect.flip((yield* Checkpointer).checkpoint)
        expect(error).toMatchObject({ _tag: "CheckpointInconsistent", reason: "previous_note" })
      })
    )
  )

  it.effect("speaks for no archive that was made after its rotation", () =>
    onCheckpointedFarm(
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const { fresh, old } = yield* rotatedFarm
        yield* (yield* LedgerArchive).archive({ type: "keep", lines: 0 }, join(yield* temporaryFolder, "a"))
        expect(yield* audit(old.publicKey)).toEqual([])
        const [row] = yield* sql<{ header: string }>`SELECT header FROM tracker_archive`
        const { rotations: _, ...header }: ArchiveHeader = JSON.parse(row?.header ?? "").archive
        // As the tracker would have signed it before it rotated; only the event says that it did not.
        const forged = signArchiveHeader(old, header)
        assert.isTrue(verifyArchiveHeader(forged, { trackerKey: old.publicKey }, nodeBackend).ok)
        yield* sql`UPDATE tracker_archive SET header = ${forged}`
        expect(yield* audit(fresh.publicKey)).toEqual([
          {
            kind: "archive",
            place: `archive up to ${header.to}`,
            detail: "it is not signed by the key that put its event into the ledger"
          }
        ])
      })
    )
  )

  it.effect("is none that an auditor could start from, where the ledger does not lead to it", () =>
    onCheckpointedFarm(
      Effect.gen(function* () {
        yield* rotatedFarm
        const first = yield* audit((yield* stranger).publicKey)
        expect(first[0]).toEqual({
          kind: "event",
          place: "the tracker's keys",
          detail: "the row of its keys does not hold: unknown_key"
        })
      })
    )
  )
})
