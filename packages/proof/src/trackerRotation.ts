/**
 * How a tracker's key passes to the next: an event of the ledger that the old key signs and in which the new one shows that
 * somebody holds it, for this very event. Each names the other, so whoever trusts one key of the row can trust all of them.
 */
import { isCount, isText } from "./internal/jsonShape.ts"
import { publicKeyBytes } from "./internal/publicKey.ts"
import { parseEventLine } from "./ledgerEvent.ts"
import { hex32Pattern, hex64Pattern, isTimestamp, uuidPattern } from "./proofForm.ts"
import { signStatement, verifyStatement } from "./signedStatement.ts"
import type { VerifyBackend } from "./strictEd25519.ts"

const tag = "farmops/tracker-rotation/v1"

/** `kind` of the event. */
export const trackerRotationKind = "tracker_key_rotated"

/** A farm rotates no more often: a key a month lasts four decades, and every reader of the row knows when to stop. */
export const trackerRotationsMax = 512

/** Why a row of rotations is refused. The list is closed; `docs/protocol/checkpoints-v1.md` says when each is given. */
export const trackerKeyFaultCodes = [
  "too_many",
  "bad_rotation",
  "wrong_farm",
  "wrong_position",
  "wrong_signer",
  "bad_signature",
  "bad_key",
  "key_reused",
  "bad_possession",
  "unknown_key"
] as const

/** One of {@link trackerKeyFaultCodes}. */
export type TrackerKeyFaultCode = (typeof trackerKeyFaultCodes)[number]

/** What is wrong. `line` counts the rotations from 1; null where no one of them is to blame. */
export interface TrackerKeyFault {
  readonly code: TrackerKeyFaultCode
  readonly line: number | null
}

/** The event at which a key takes over; what `possession` is bound to. `public_key` is the old key. */
export interface Takeover {
  readonly at: string
  readonly farm_id: string
  readonly position: number
  readonly public_key: string
}

/** This key signs events from the position `from` on, and checkpoints of that size and more, until the next one's `from`. */
export interface TrackerKeyEpoch {
  readonly from: number
  readonly publicKey: string
}

/** Every key that a tracker had, oldest first; the first signs from 0. Never empty. */
export interface TrackerKeyRow {
  /** Null where no rotation says whose they are. */
  readonly farmId: string | null
  readonly epochs: ReadonlyArray<TrackerKeyEpoch>
}

/** The keys, or the first fault. */
export type FollowedKeys =
  | { readonly ok: true; readonly value: TrackerKeyRow }
  | { readonly ok: false; readonly fault: TrackerKeyFault }

const takeoverOf = ({ at, farm_id, position, public_key }: Takeover): Takeover => ({
  at,
  farm_id,
  position,
  public_key
})

/** What a rotation's `possession` holds: the new key's signature over the event, 128 lowercase hex digits. */
export const signTakeover = (newKey: { readonly sign: (message: Uint8Array) => string }, takeover: Takeover): string =>
  signStatement(newKey, tag, takeoverOf(takeover))

interface Rotation extends Takeover {
  readonly body: object
  readonly newKey: string
  readonly possession: string
  readonly signature: string
}

// `at`, `farm_id`, `kind`, `new_public_key`, `position`, `possession`, `schema`: each is asked for below.
const bodyKeys = 7

const parseRotation = (line: string): Rotation | null => {
  const event = parseEventLine(line)
  if (event === null || Object.keys(event.body).length !== bodyKeys) return null
  const { body, public_key, signature } = event
  const { at, farm_id, kind, new_public_key: newKey, position, possession, schema } = body
  return schema === "farmops/event/1" &&
    kind === trackerRotationKind &&
    isText(farm_id, uuidPattern) &&
    isCount(position) &&
    typeof at === "string" &&
    isTimestamp(at) &&
    isText(newKey, hex32Pattern) &&
    isText(possession, hex64Pattern)
    ? { body, at, farm_id, position, public_key, newKey, possession, signature }
    : null
}

/** What keeps a rotation from following the keys before it; null when nothing does. */
const faultOf = (
  { body, newKey, position, possession, signature, ...takeover }: Rotation,
  epochs: ReadonlyArray<TrackerKeyEpoch>,
  inForce: TrackerKeyEpoch,
  backend: VerifyBackend
): TrackerKeyFaultCode | null => {
  const { public_key } = takeover
  if (position < inForce.from) return "wrong_position"
  if (public_key !== inForce.publicKey) return "wrong_signer"
  if (!verifyStatement(backend, public_key, "farmops/event/v1", body, signature)) return "bad_signature"
  if (publicKeyBytes(newKey) === null) return "bad_key"
  if (newKey === public_key || epochs.some(({ publicKey }) => publicKey === newKey)) return "key_reused"
  return verifyStatement(backend, newKey, tag, takeoverOf({ ...takeover, position }), possession)
    ? null
    : "bad_possession"
}

/**
 * Follows a farm's rotations, all from the first on and each the exact line of its event, and finds the trusted key among
 * the keys. Without any, the key is the only one. `farmId` null takes whatever farm's they are.
 */
export const followTrackerKeys = (
  rotations: ReadonlyArray<string>,
  { farmId, trackerKey }: { readonly farmId: string | null; readonly trackerKey: string },
  backend: VerifyBackend
): FollowedKeys => {
  const refuse = (code: TrackerKeyFaultCode, line: number | null): FollowedKeys => ({
    ok: false,
    fault: { code, line }
  })
  const epochs: Array<TrackerKeyEpoch> = []
  let farm = farmId
  // Untrusted: handed on by anybody.
  if (rotations.length > trackerRotationsMax) return refuse("too_many", null)
  for (const [at, line] of rotations.entries()) {
    const rotation = parseRotation(line)
    if (rotation === null) return refuse("bad_rotation", at + 1)
    farm ??= rotation.farm_id
    if (rotation.farm_id !== farm) return refuse("wrong_farm", at + 1)
    const inForce = epochs.at(-1) ?? { from: 0, publicKey: rotation.public_key }
    const code = faultOf(rotation, epochs, inForce, backend)
    if (code !== null) return refuse(code, at + 1)
    if (at === 0) epochs.push(inForce)
    epochs.push({ from: rotation.position + 1, publicKey: rotation.newKey })
  }
  if (rotations.length === 0) epochs.push({ from: 0, publicKey: trackerKey })
  return epochs.some(({ publicKey }) => publicKey === trackerKey)
    ? { ok: true, value: { farmId: farm, epochs } }
    : refuse("unknown_key", null)
}

/** The key that signs the event at a position, or the checkpoint of a size. */
export const trackerKeyAt = ({ epochs }: TrackerKeyRow, place: number): string =>
  epochs.findLast(({ from }) => from <= place)?.publicKey ?? ""
