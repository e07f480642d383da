/**
 * Follows a farm from a key that the village knows to the one in force. Pure. Each step is signed by the key before it and
 * by the key after it, so nobody but the farm can take one.
 */
import type { VerifyBackend } from "@farmops/proof/strictEd25519"
import { followTrackerKeys, type TrackerKeyRow } from "@farmops/proof/trackerRotation"
import { Option, Schema } from "effect"
import { FarmKeyList } from "../farm/keys/FarmKeyList.ts"

const decodeList = Schema.decodeUnknownOption(Schema.fromJsonString(FarmKeyList))

/** Every key of the farm, from what its tracker answers; null where it says nothing that holds for this farm and a key of it. */
export const readKeyRow = (
  text: string,
  { farmId, publicKey }: { readonly farmId: string; readonly publicKey: string },
  backend: VerifyBackend
): TrackerKeyRow | null => {
  // Untrusted: sent by whoever answers at the farm's address.
  const list = Option.getOrNull(decodeList(text))
  if (list === null) return null
  const followed = followTrackerKeys(list.rotations, { farmId, trackerKey: publicKey }, backend)
  return followed.ok ? followed.value : null
}

/** The key that the farm signs with since it left this one behind; null where it has not. */
export const keyAfter = ({ epochs }: TrackerKeyRow, publicKey: string): string | null => {
  const last = epochs.at(-1)?.publicKey ?? publicKey
  return last !== publicKey && epochs.some((epoch) => epoch.publicKey === publicKey) ? last : null
}
