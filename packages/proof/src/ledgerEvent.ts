/**
 * What a tracker writes into its own ledger between the proofs: approvals, revocations, archives. One line of canonical
 * JSON, `{body, public_key, signature}`, signed by the tracker for one place of one ledger.
 */
import { readCanonical } from "./canonicalJson.ts"
import { hasKeys, isRecord, type Json } from "./internal/jsonShape.ts"
import { verifyStatement } from "./signedStatement.ts"
import type { VerifyBackend } from "./strictEd25519.ts"

/** What every event says; each kind says more. */
export interface LedgerEventBody {
  readonly schema: "farmops/event/1"
  readonly farm_id: string
  /** Its place in the ledger, from 0. */
  readonly position: number
  readonly at: string
  readonly kind: string
}

/** Where an event must be, and who must have signed it. */
export interface EventPlace {
  readonly farmId: string
  readonly position: number
  /** The tracker's key that covers the position, 64 lowercase hex digits; see `trackerKeyAt`. */
  readonly trackerKey: string
}

const isBody = (value: Json, { farmId, position }: EventPlace): value is LedgerEventBody & Json =>
  value.schema === "farmops/event/1" &&
  value.farm_id === farmId &&
  value.position === position &&
  typeof value.at === "string" &&
  typeof value.kind === "string"

/** An event as it is spelled; nobody has looked at its signature yet. */
export interface UnverifiedEvent {
  readonly body: Json
  readonly public_key: string
  readonly signature: string
}

/** The parts of a line that is canonical JSON of exactly these three; null for any other. */
export const parseEventLine = (line: string): UnverifiedEvent | null => {
  const value = readCanonical(line)
  if (!hasKeys(value, ["body", "public_key", "signature"])) return null
  const { body, public_key, signature } = value
  return isRecord(body) && typeof public_key === "string" && typeof signature === "string"
    ? { body, public_key, signature }
    : null
}

/** The event of a line, or null unless the tracker signed exactly this line for exactly this place. */
export const verifyEventLine = (line: string, place: EventPlace, backend: VerifyBackend): LedgerEventBody | null => {
  const event = parseEventLine(line)
  if (event === null || !isBody(event.body, place) || event.public_key !== place.trackerKey) return null
  const { body, signature } = event
  return verifyStatement(backend, place.trackerKey, "farmops/event/v1", body, signature) ? body : null
}
