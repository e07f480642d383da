/** Follows the ledger's own rotations from the key that the auditor knows, or to it. */
import type { VerifyBackend } from "@farmops/proof/strictEd25519"
import { followTrackerKeys } from "@farmops/proof/trackerRotation"
import { Effect } from "effect"
import { type FarmKeyRow, readRotations } from "../keys/readFarmKeys.ts"
import type { DifferenceList } from "./AuditReport.ts"

/** All keys of the tracker. Where the rotations do not hold, the known key is the only one that anything can be held against. */
export const auditKeys = Effect.fnUntraced(function* (
  farmId: string,
  trackerKey: string,
  backend: VerifyBackend,
  found: DifferenceList
) {
  const rotations = yield* readRotations
  const followed = followTrackerKeys(rotations, { farmId, trackerKey }, backend)
  if (followed.ok) return { ...followed.value, rotations } satisfies FarmKeyRow
  const { code, line } = followed.fault
  const place = line === null ? "the tracker's keys" : `rotation ${line} of the tracker's key`
  found.add("event", place, `the row of its keys does not hold: ${code}`)
  const alone: FarmKeyRow = { farmId, epochs: [{ from: 0, publicKey: trackerKey }], rotations: [] }
  return alone
})
