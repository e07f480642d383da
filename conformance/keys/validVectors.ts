/** Rotations of a tracker's key that every implementation must follow. */
import { accepted, type KeysVector } from "./keysVector.ts"
import { farmId, otherFarmId, rotation, row, second, third } from "./sampleRotations.ts"

export const validVectors: ReadonlyArray<KeysVector> = [
  accepted("none", [0], []),
  accepted("one", [0, 6], [rotation()]),
  accepted("two", [0, 6, 10], row),
  accepted("of-any-farm", [0, 6, 10], row, { farm_id: null }),
  accepted("of-another-farm-when-any-will-do", [0, 6], [rotation({ farm: otherFarmId })], { farm_id: null }),
  accepted("known-by-the-key-in-the-middle", [0, 6, 10], row, { tracker_key: second.publicKey }),
  accepted("known-by-the-last-key", [0, 6, 10], row, { tracker_key: third.publicKey }),
  accepted("at-the-first-line", [0, 1], [rotation({ position: 0 })]),
  accepted("two-lines-in-a-row", [0, 6, 7], [rotation(), rotation({ position: 6, from: second, to: third })]),
  accepted("far-along-the-ledger", [0, 2 ** 53 - 1], [rotation({ position: 2 ** 53 - 2, farm: farmId })])
]
