/** Which keys the farm had, from the ledger's events alone: no column and no file says more. */
import { parseEventLine } from "@farmops/proof/ledgerEvent"
import type { VerifyBackend } from "@farmops/proof/strictEd25519"
import {
  followTrackerKeys,
  type TrackerKeyFaultCode,
  type TrackerKeyRow,
  trackerRotationKind
} from "@farmops/proof/trackerRotation"
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { readSetting } from "../LedgerSettings.ts"

/** All keys of the farm, oldest first, and the lines that lead from one to the next. */
export interface FarmKeyRow extends TrackerKeyRow {
  readonly rotations: ReadonlyArray<string>
}

/** The same as what a verifier of this farm's files knows of it. */
export const trustIn = (keys: FarmKeyRow) => ({ trackerKey: keys.epochs.at(-1)?.publicKey ?? "", keys })

/** What the ledger says of its own keys does not hold: it was changed from outside. */
export class FarmKeysDamaged extends Schema.TaggedError<FarmKeysDamaged>()("FarmKeysDamaged", {
  code: Schema.String
}) {
  override get message() {
    return `the ledger's record of its own keys does not hold (${this.code}); \`farmops tracker audit --tracker-key HEX\` says more`
  }
}

const decodeLines = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ line: Schema.String })))

/** The rotations in their order, each the exact line that was signed. */
export const readRotations = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* decodeLines(
    yield* sql`SELECT line FROM tracker_event WHERE kind = ${trackerRotationKind} ORDER BY position`
  )
  return rows.map(({ line }) => line)
})

const damaged = (code: TrackerKeyFaultCode) => new FarmKeysDamaged({ code })

/**
 * The farm's keys as the ledger tells them; `onlyKey` where it tells of none. `known` is what an earlier call gave: its
 * signatures are not verified again while nothing has changed.
 */
export const readFarmKeys = Effect.fnUntraced(function* (
  onlyKey: string,
  known: FarmKeyRow | null,
  backend: VerifyBackend
) {
  const rotations = yield* readRotations
  const last = rotations.at(-1)
  if (last === undefined) {
    const row: FarmKeyRow = { farmId: null, epochs: [{ from: 0, publicKey: onlyKey }], rotations }
    return row
  }
  if (known?.rotations.length === rotations.length && rotations.every((line, at) => line === known.rotations[at])) {
    return known
  }
  const trackerKey = parseEventLine(last)?.body.new_public_key
  const farmId = yield* readSetting("farm_id")
  const followed = followTrackerKeys(rotations, { farmId, trackerKey: String(trackerKey) }, backend)
  if (!followed.ok) return yield* damaged(followed.fault.code)
  const row: FarmKeyRow = { ...followed.value, rotations }
  return row
})
