/**
 * What the tracker itself puts into the ledger: the owner's decisions and purchases, freezes, archives. An event stands in
 * the one order of the ledger between the proofs, is signed by the farm's key, and is kept as the exact line that was signed.
 */
import { CanonicalJsonError, canonicalJson } from "@farmops/proof/canonicalJson"
import { AgentId, ProofHash, ProofTimestamp } from "@farmops/proof/FarmProof"
import { hex64Pattern } from "@farmops/proof/proofForm"
import type { SigningKey } from "@farmops/proof/SigningKey"
import { signStatement, verifyStatement } from "@farmops/proof/signedStatement"
import type { VerifyBackend } from "@farmops/proof/strictEd25519"
import { followTrackerKeys, trackerRotationKind } from "@farmops/proof/trackerRotation"
import { Effect, Option, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { itemBought, itemRefunded, itemUsed } from "../economy/EconomyFact.ts"
import { rulesChanged, timeZoneChanged } from "../FarmFact.ts"
import { LedgerSettings } from "../LedgerSettings.ts"
import { takePositions } from "../ledgerPositions.ts"
import { seasonOpened } from "../seasons/FarmSeason.ts"
import { TrackerKey } from "../TrackerKey.ts"
import { wireNow } from "../wireTime.ts"

const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))

/** A proof as it is pointed at: nobody can make another one with this hash. */
export const ProofPoint = Schema.Struct({ sequence: Count, hash: ProofHash })

/** See the schema of the same name. */
export type ProofPoint = typeof ProofPoint.Type

/** The owner's yes, for a new agent or for one that was frozen, under the key in force then. */
const agentApproved = {
  kind: Schema.Literal("agent_approved"),
  agent_id: AgentId,
  public_key: ProofHash,
  recovery_public_key: Schema.NullOr(ProofHash)
}

/** Two records for one place; `hashes` in their order. */
const agentFrozen = {
  kind: Schema.Literal("agent_frozen"),
  agent_id: AgentId,
  sequence: Count,
  hashes: Schema.Tuple([ProofHash, ProofHash])
}

/** The owner's no. Proofs after `last_trusted` are void; null trusts none. */
const agentRevoked = {
  kind: Schema.Literal("agent_revoked"),
  agent_id: AgentId,
  last_trusted: Schema.NullOr(ProofPoint)
}

/** The bodies at these positions, both ends included, live in a file from now on. */
const rangeArchived = {
  kind: Schema.Literal("range_archived"),
  from: Count,
  to: Count,
  checkpoint_size: Count,
  checkpoint_root: ProofHash,
  file_sha256: ProofHash
}

/** They came back from that file. */
const rangeRestored = { kind: Schema.Literal("range_restored"), from: Count, to: Count, file_sha256: ProofHash }

/** The last line that the old key signs. `possession` is the new key's signature over this very event; see `signTakeover`. */
const trackerKeyRotated = {
  kind: Schema.Literal(trackerRotationKind),
  new_public_key: ProofHash,
  possession: Schema.String.check(Schema.isPattern(hex64Pattern))
}

/** What happened, without its place. */
export const LedgerFact = Schema.Union([
  Schema.Struct(agentApproved),
  Schema.Struct(agentFrozen),
  Schema.Struct(agentRevoked),
  Schema.Struct(rangeArchived),
  Schema.Struct(rangeRestored),
  Schema.Struct(trackerKeyRotated),
  Schema.Struct(itemBought),
  Schema.Struct(itemRefunded),
  Schema.Struct(itemUsed),
  Schema.Struct(rulesChanged),
  Schema.Struct(timeZoneChanged),
  Schema.Struct(seasonOpened)
])

/** See the schema of the same name. */
export type LedgerFact = typeof LedgerFact.Type

const frame = {
  schema: Schema.Literal("farmops/event/1"),
  farm_id: AgentId,
  position: Count,
  at: ProofTimestamp
}

/** The signed part of an event. */
export const LedgerEvent = Schema.Union([
  Schema.Struct({ ...frame, ...agentApproved }),
  Schema.Struct({ ...frame, ...agentFrozen }),
  Schema.Struct({ ...frame, ...agentRevoked }),
  Schema.Struct({ ...frame, ...rangeArchived }),
  Schema.Struct({ ...frame, ...rangeRestored }),
  Schema.Struct({ ...frame, ...trackerKeyRotated }),
  Schema.Struct({ ...frame, ...itemBought }),
  Schema.Struct({ ...frame, ...itemRefunded }),
  Schema.Struct({ ...frame, ...itemUsed }),
  Schema.Struct({ ...frame, ...rulesChanged }),
  Schema.Struct({ ...frame, ...timeZoneChanged }),
  Schema.Struct({ ...frame, ...seasonOpened })
])

/** See the schema of the same name. */
export type LedgerEvent = typeof LedgerEvent.Type

const Line = Schema.fromJsonString(
  Schema.Struct({ body: Schema.Record(Schema.String, Schema.Unknown), public_key: ProofHash, signature: Schema.String })
)
const decodeLine = Schema.decodeUnknownOption(Line, { onExcessProperty: "error" })
const decodeEvent = Schema.decodeUnknownOption(LedgerEvent, { onExcessProperty: "error" })

/** The line of an event: canonical JSON of body, key and signature. */
export const signEvent = (key: SigningKey, body: LedgerEvent): string =>
  canonicalJson({
    body,
    public_key: key.publicKey,
    signature: signStatement(key, "farmops/event/v1", body)
  })

const respelled = (signed: object): string | null => {
  try {
    return canonicalJson(signed)
  } catch (error) {
    if (error instanceof CanonicalJsonError) return null
    throw error
  }
}

/**
 * The event that a line holds, when this key signed it and it is spelled in the one way; null for anything else. The key is
 * the one that covers the line's position, see `trackerKeyAt`. A rotation is none without the new key's possession.
 */
export const verifyEvent = (line: string, publicKey: string, backend: VerifyBackend): LedgerEvent | null => {
  const signed = Option.getOrNull(decodeLine(line))
  if (signed === null || signed.public_key !== publicKey || respelled(signed) !== line) return null
  const { body, signature } = signed
  // Over the body as received: a decoded copy could differ from what was signed.
  if (!verifyStatement(backend, publicKey, "farmops/event/v1", body, signature)) return null
  const event = Option.getOrNull(decodeEvent(body))
  if (event?.kind !== trackerRotationKind) return event
  return followTrackerKeys([line], { farmId: event.farm_id, trackerKey: publicKey }, backend).ok ? event : null
}

/** Where an event stands, which some facts speak of themselves. */
export interface EventPlace {
  readonly farm_id: string
  readonly position: number
  readonly at: string
}

/** Puts an event at the end of the ledger. Inside the caller's transaction, under the farm's lock. */
export const appendEvent = Effect.fnUntraced(function* (told: LedgerFact | ((place: EventPlace) => LedgerFact)) {
  const sql = yield* SqlClient.SqlClient
  const signer = yield* (yield* TrackerKey).inForce
  const { farmId } = yield* LedgerSettings
  const position = yield* takePositions(1)
  const at = yield* wireNow
  const fact = typeof told === "function" ? told({ farm_id: farmId, position, at }) : told
  const body: LedgerEvent = { schema: "farmops/event/1", farm_id: farmId, position, at, ...fact }
  const line = signEvent(signer, body)
  yield* sql`INSERT INTO tracker_event ${sql.insert({ position, kind: fact.kind, line, occurred_at: at })}`
  return body
})
