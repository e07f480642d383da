/**
 * What a tracker writes into its own ledger between the proofs: approvals, revocations, archives. One line of canonical
 * JSON, `{body, public_key, signature}`, signed by the tracker for one place of one ledger.
 */
import { parseCanonical } from "./canonicalJson.ts"
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
  /** 64 lowercase hex digits. */
  readonly trackerKey: string
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const isBody = (value: unknown, { farmId, position }: EventPlace): value is LedgerEventBody =>
  isRecord(value) &&
  value.schema === "farmops/event/1" &&
  value.farm_id === farmId &&
  value.position === position &&
  typeof value.at === "string" &&
  typeof value.kind === "string"

/** The event of a line, or null unless the tracker signed exactly this line for exactly this place. */
export const verifyEventLine = (line: string, place: EventPlace, backend: VerifyBackend): LedgerEventBody | null => {
  let parsed: ReturnType<typeof parseCanonical>
  try {
    parsed = parseCanonical(line)
  } catch {
    return null
  }
  const { canonical, value } = parsed
  if (canonical !== line || !isRecord(value) || Object.keys(value).length !== 3) return null
  const { body, public_key, signature } = value
  if (!isBody(body, place) || public_key !== place.trackerKey || typeof signature !== "string") return null
  return verifyStatement(backend, place.trackerKey, "farmops/event/v1", body, signature) ? body : null
}
