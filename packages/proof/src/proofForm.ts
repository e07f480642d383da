/** The form of FarmProof v1 as plain data: which keys, which values. Says nothing of bytes, signatures or chains. */
import {
  type ActionType,
  type ActorType,
  actionTypes,
  actorTypes,
  type Category,
  type Complexity,
  categories,
  complexities,
  type OutcomeStatus,
  outcomeStatuses
} from "./vocabulary.ts"

/** One proof, with the wire's names. Every key is always present; what is absent is `null`. */
export interface FarmProof {
  readonly schema_version: "1"
  readonly proof_id: string
  readonly prev_proof_id: string | null
  readonly prev_proof_hash: string | null
  readonly sequence: number
  readonly timestamp: string
  readonly agent: { readonly agent_id: string; readonly cluster_alias: string }
  readonly actor: { readonly actor_hash: string; readonly actor_type: ActorType }
  readonly action: {
    readonly plugin: string
    readonly action_type: ActionType
    readonly category: Category
    readonly subcategory: string | null
    readonly description: string
  }
  readonly outcome: { readonly status: OutcomeStatus; readonly verified: boolean; readonly evidence_hash: string }
  readonly scoring_hints: {
    readonly complexity: Complexity
    readonly impact_radius: number
    readonly artifacts_touched: number
    readonly time_spent_seconds: number | null
  }
  /** On a record that hands the chain over to another key, and on no other. */
  readonly key_rotation?: KeyRotation
  readonly signature: string
}

/** The key that signs from the next sequence on, and its own signature to show that somebody holds it. */
export interface KeyRotation {
  readonly new_public_key: string
  /** Over the statement of `keyRotation.ts`, by the new key. */
  readonly possession: string
}

/** A proof before its key has signed it. */
export type UnsignedProof = Omit<FarmProof, "signature">

/** Why a record was refused. The list is closed; `docs/protocol/farm-proof-v1.md` says when each is given. */
export const proofFaultCodes = [
  "too_large",
  "not_utf8",
  "not_json",
  "wrong_type",
  "missing_field",
  "unknown_field",
  "unsupported_version",
  "bad_format",
  "not_in_vocabulary",
  "out_of_range",
  "genesis_mismatch",
  "rotation_mismatch",
  "not_canonical",
  "bad_key",
  "bad_signature",
  "bad_possession",
  "wrong_sequence",
  "wrong_parent",
  "wrong_agent",
  "repeated_id",
  "key_reused"
] as const

/** One of {@link proofFaultCodes}. */
export type ProofFaultCode = (typeof proofFaultCodes)[number]

/** What is wrong, and where. `path` names a field of the form and `detail` never repeats a received value. */
export interface ProofFault {
  readonly code: ProofFaultCode
  readonly path: string | null
  readonly detail: string
}

/** A value that passed a check, or the first fault found. */
export type Checked<A> = { readonly ok: true; readonly value: A } | { readonly ok: false; readonly fault: ProofFault }

/** Builds the refusal of a check. */
export const refuse = (
  code: ProofFaultCode,
  path: string | null,
  detail: string
): { ok: false; fault: ProofFault } => ({
  ok: false,
  fault: { code, path, detail }
})

/** A record longer than this, in UTF-8 bytes, is refused before it is parsed: a proof carries no content. */
export const recordBytesMax = 8192

/** Longest text of each free field, in Unicode code points. */
export const textLengthMax = { cluster_alias: 64, plugin: 128, subcategory: 64, description: 1024 } as const

/** A 32-byte value (hash, public key) as text: lowercase hex. */
export const hex32Pattern = /^[0-9a-f]{64}$/

/** A 64-byte value (signature) as text: lowercase hex. */
export const hex64Pattern = /^[0-9a-f]{128}$/

const notHexDigit = /[^0-9a-f]/

/** What {@link hex32Pattern} and {@link hex64Pattern} say of 64 and 128 digits; it takes less than half as long. */
export const isHex = (text: string, digits: number): boolean => text.length === digits && !notHexDigit.test(text)

/** Any UUID in its lowercase spelling. */
export const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** A UUID version 7 (RFC 9562) in its lowercase spelling. */
export const uuidV7Pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

const timestampPattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/
const daysInMonth = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

const zeroUnit = 0x30
const twoDigits = (text: string, at: number): number =>
  10 * (text.charCodeAt(at) - zeroUnit) + (text.charCodeAt(at + 1) - zeroUnit)

/** Whether there is such a second in UTC: years 1 to 9999, no leap seconds. */
export const isUtcSecond = (
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number
): boolean => {
  const leapDay = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 1 : 0
  const days = (daysInMonth[month - 1] ?? 0) + leapDay
  return year >= 1 && day >= 1 && day <= days && hour < 24 && minute < 60 && second < 60
}

/** Whether a text is a real UTC second spelled `YYYY-MM-DDTHH:MM:SSZ`, years 0001 to 9999, no leap seconds. */
export const isTimestamp = (text: string): boolean =>
  timestampPattern.test(text) &&
  isUtcSecond(
    100 * twoDigits(text, 0) + twoDigits(text, 2),
    twoDigits(text, 5),
    twoDigits(text, 8),
    twoDigits(text, 11),
    twoDigits(text, 14),
    twoDigits(text, 17)
  )

type FieldCheck = (value: unknown, path: string) => ProofFault | null

const fault = (code: ProofFaultCode, path: string, detail: string): ProofFault => ({ code, path, detail })

const text =
  (check: (value: string, path: string) => ProofFault | null): FieldCheck =>
  (value, path) =>
    typeof value === "string" ? check(value, path) : fault("wrong_type", path, "must be a string")

const matching = (pattern: RegExp, what: string): FieldCheck =>
  text((value, path) => (pattern.test(value) ? null : fault("bad_format", path, `must be ${what}`)))

const oneOf = (words: ReadonlyArray<string>): FieldCheck =>
  text((value, path) =>
    words.includes(value) ? null : fault("not_in_vocabulary", path, `must be one of ${words.join(", ")}`)
  )

// A code point takes one or two UTF-16 units, so most texts pass on their unit length alone.
const isLongerThan = (value: string, max: number): boolean =>
  value.length > max && (value.length > 2 * max || Array.from(value).length > max)

const freeText = (max: number): FieldCheck =>
  text((value, path) =>
    value === "" || isLongerThan(value, max) ? fault("out_of_range", path, `must have 1 to ${max} characters`) : null
  )

const nullOr =
  (check: FieldCheck): FieldCheck =>
  (value, path) =>
    value === null ? null : check(value, path)

const count: FieldCheck = (value, path) => {
  if (typeof value !== "number") return fault("wrong_type", path, "must be a number")
  return Number.isSafeInteger(value) && value >= 0
    ? null
    : fault("out_of_range", path, "must be an integer from 0 to 9007199254740991")
}

const flag: FieldCheck = (value, path) =>
  typeof value === "boolean" ? null : fault("wrong_type", path, "must be true or false")

const timestamp = text((value, path) =>
  isTimestamp(value) ? null : fault("bad_format", path, "must be a real time spelled YYYY-MM-DDTHH:MM:SSZ")
)

const schemaVersion = text((value, path) =>
  value === "1" ? null : fault("unsupported_version", path, 'only version "1" is known')
)

const object = (name: string, fields: Record<string, FieldCheck>, mayLack: string | null = null): FieldCheck => {
  const entries = Object.entries(fields).map(
    ([key, check]) => [key, name === "" ? key : `${name}.${key}`, check] as const
  )
  return (value) => {
    const path = name === "" ? "(record)" : name
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      return fault("wrong_type", path, "must be an object")
    }
    const record = value as Record<string, unknown>
    let unknown = Object.keys(value).length
    for (const [key, keyPath, check] of entries) {
      const member = record[key]
      // Not in JSON, and so as good as absent.
      if (member === undefined) {
        if (key !== mayLack) return fault("missing_field", keyPath, "must be present")
        continue
      }
      const found = check(member, keyPath)
      if (found !== null) return found
      unknown--
    }
    return unknown === 0 ? null : fault("unknown_field", path, "has a field that version 1 does not know")
  }
}

const uuidV7 = matching(uuidV7Pattern, "a lowercase UUID version 7")
const hexOf = (digits: number): FieldCheck =>
  text((value, path) =>
    isHex(value, digits) ? null : fault("bad_format", path, `must be ${digits} lowercase hex digits`)
  )
const hex32 = hexOf(64)
const hex64 = hexOf(128)

// Fields are checked in this order, so the first fault of a record is the same in every implementation.
const unsignedFields = {
  schema_version: schemaVersion,
  proof_id: uuidV7,
  prev_proof_id: nullOr(uuidV7),
  prev_proof_hash: nullOr(hex32),
  sequence: count,
  timestamp,
  agent: object("agent", {
    agent_id: matching(uuidPattern, "a lowercase UUID"),
    cluster_alias: freeText(textLengthMax.cluster_alias)
  }),
  actor: object("actor", { actor_hash: hex32, actor_type: oneOf(actorTypes) }),
  action: object("action", {
    plugin: freeText(textLengthMax.plugin),
    action_type: oneOf(actionTypes),
    category: oneOf(categories),
    subcategory: nullOr(freeText(textLengthMax.subcategory)),
    description: freeText(textLengthMax.description)
  }),
  outcome: object("outcome", { status: oneOf(outcomeStatuses), verified: flag, evidence_hash: hex32 }),
  scoring_hints: object("scoring_hints", {
    complexity: oneOf(complexities),
    impact_radius: count,
    artifacts_touched: count,
    time_spent_seconds: nullOr(count)
  }),
  key_rotation: object("key_rotation", { new_public_key: hex32, possession: hex64 })
}
const checkUnsignedRecord = object("", unsignedFields, "key_rotation")
const checkRecord = object("", { ...unsignedFields, signature: hex64 }, "key_rotation")

const checkGenesis = (proof: UnsignedProof): ProofFault | null => {
  const first = proof.sequence === 0
  if ((proof.prev_proof_id === null) === first && (proof.prev_proof_hash === null) === first) return null
  return fault(
    "genesis_mismatch",
    "sequence",
    "prev_proof_id and prev_proof_hash must be null at sequence 0 and nowhere else"
  )
}

const checkRotation = ({ action, key_rotation }: UnsignedProof): ProofFault | null =>
  key_rotation === undefined || action.action_type === "configure"
    ? null
    : fault("rotation_mismatch", "action.action_type", "must be configure where the key changes")

const checkAs =
  <Proof extends UnsignedProof>(check: FieldCheck) =>
  (value: unknown): Checked<Proof> => {
    // Untrusted: sent by any agent.
    const found = check(value, "")
    if (found !== null) return { ok: false, fault: found }
    // Every field of the interface has just been checked.
    const proof = value as Proof
    const misshapen = checkGenesis(proof) ?? checkRotation(proof)
    return misshapen === null ? { ok: true, value: proof } : { ok: false, fault: misshapen }
  }

/** Checks parsed JSON against the form: exact keys, types, spellings, ranges, the shape of a first proof and of a rotation. */
export const checkForm: (value: unknown) => Checked<FarmProof> = checkAs(checkRecord)

/** The same for a record that is still to be signed. */
export const checkUnsignedForm: (value: unknown) => Checked<UnsignedProof> = checkAs(checkUnsignedRecord)
