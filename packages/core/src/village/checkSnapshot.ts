/**
 * Decides whether a snapshot may be shown: of the pinned key, in form, true to itself, and never older than the one before.
 * Pure. A farm can still lie about all of its own numbers at once; nobody else can change one of them.
 */
import { canonicalJson } from "@farmops/proof/canonicalJson"
import { encodeHex } from "@farmops/proof/hex"
import { verifyStatement } from "@farmops/proof/signedStatement"
import type { VerifyBackend } from "@farmops/proof/strictEd25519"
import { Option, Schema } from "effect"
import { FarmSnapshot, type SnapshotBody } from "../farm/FarmSnapshot.ts"
import { levelOf } from "../scoring/level.ts"

/** Why a snapshot was not taken. A closed list: it is stored and shown as it is. */
export const snapshotFaults = [
  /** Not JSON, or not the form of a snapshot. */
  "malformed",
  /** Signed by another key than the one that registered. */
  "other_key",
  /** The signature does not hold for these bytes. */
  "bad_signature",
  /** The numbers contradict each other. */
  "inconsistent",
  /** Its time lies ahead of ours by more than clocks differ. */
  "from_the_future",
  /** Older than the one that is kept: somebody sends an old one again. */
  "older",
  /** The same key speaks for another ledger, or for a shorter one. */
  "ledger_replaced"
] as const

/** One of {@link snapshotFaults}. */
export type SnapshotFault = (typeof snapshotFaults)[number]

/** What is known of the farmer's last good snapshot. */
export interface LastSnapshot {
  readonly farmId: string
  readonly asOf: string
  readonly sequence: number
}

/** A snapshot that passed, and the text to keep of it. */
export interface GoodSnapshot {
  readonly body: SnapshotBody
  /** The whole snapshot in canonical JSON: no second spelling of it, such as a key given twice, is ever passed on. */
  readonly text: string
  /** SHA-256 of the body but for its time: equal where nothing but time has passed. */
  readonly contentHash: string
}

/** Everything that the verdict depends on. */
export interface SnapshotQuestion {
  /** The answer's body. Untrusted. */
  readonly text: string
  /** The key that the farmer registered with; the one inside the snapshot proves nothing. */
  readonly pinnedKey: string
  readonly backend: VerifyBackend
  readonly nowMs: number
  /** null for a farmer of whom there is none yet. */
  readonly last: LastSnapshot | null
}

/** A verdict: the snapshot, or the first fault found. */
export type CheckedSnapshot =
  | { readonly ok: true; readonly value: GoodSnapshot }
  | { readonly ok: false; readonly fault: SnapshotFault }

/** How far a tracker's clock may run ahead of ours. */
export const clockSkewMsMax = 5 * 60_000

const utf8 = new TextEncoder()
const Received = Schema.fromJsonString(Schema.Unknown)
const decodeText = Schema.decodeUnknownOption(Received)
// Unknown fields are refused: what this version does not understand it must not show as checked.
const decodeSnapshot = Schema.decodeUnknownOption(FarmSnapshot, { onExcessProperty: "error" })

const sumOf = <A>(items: ReadonlyArray<A>, pick: (item: A) => number): bigint =>
  items.reduce((sum, item) => sum + BigInt(pick(item)), 0n)

const areUnique = (keys: ReadonlyArray<string>): boolean => new Set(keys).size === keys.length

const isConsistent = (body: SnapshotBody): boolean =>
  areUnique(body.categories.map(({ category }) => category)) &&
  areUnique(body.days.map(({ category, day }) => `${day} ${category}`)) &&
  areUnique(body.upgrades.map(({ slug }) => slug)) &&
  sumOf(body.categories, ({ total_coins }) => total_coins) === BigInt(body.total_coins) &&
  sumOf(body.categories, ({ total_proofs }) => total_proofs) <= BigInt(body.sequence) &&
  body.current_coins <= body.total_coins &&
  body.level === levelOf(body.total_coins) &&
  // The days are a part of the whole, category by category.
  body.categories.every(
    ({ category, total_proofs }) =>
      sumOf(
        body.days.filter((day) => day.category === category),
        ({ proofs }) => proofs
      ) <= BigInt(total_proofs)
  ) &&
  body.days.every(({ category }) => body.categories.some((one) => one.category === category))

const follows = (last: LastSnapshot | null, body: SnapshotBody): SnapshotFault | null => {
  if (last === null) return null
  if (body.farm_id !== last.farmId) return "ledger_replaced"
  // Both are compared: an old snapshot signed anew has a new time, and a short ledger is what gives it away.
  if (body.as_of < last.asOf) return "older"
  if (body.sequence >= last.sequence) return null
  return body.as_of === last.asOf ? "older" : "ledger_replaced"
}

const rawBody = (json: unknown): object => {
  const body = typeof json === "object" && json !== null && "body" in json ? json.body : null
  return typeof body === "object" && body !== null ? body : {}
}

/** See the top of the file. */
export const checkSnapshot = ({ backend, last, nowMs, pinnedKey, text }: SnapshotQuestion): CheckedSnapshot => {
  const refuse = (fault: SnapshotFault): CheckedSnapshot => ({ ok: false, fault })
  const json = Option.getOrNull(decodeText(text))
  const snapshot = Option.getOrNull(decodeSnapshot(json))
  if (snapshot === null) return refuse("malformed")
  const { body } = snapshot
  if (snapshot.public_key !== pinnedKey) return refuse("other_key")
  // Over the object as received: a decoded copy could differ from what was signed.
  if (!verifyStatement(backend, pinnedKey, "farmops/snapshot/v1", rawBody(json), snapshot.signature)) {
    return refuse("bad_signature")
  }
  if (!isConsistent(body)) return refuse("inconsistent")
  if (Date.parse(body.as_of) > nowMs + clockSkewMsMax) return refuse("from_the_future")
  const fault = follows(last, body)
  if (fault !== null) return refuse(fault)
  const contentHash = encodeHex(backend.sha256(utf8.encode(canonicalJson({ ...body, as_of: null }))))
  return { ok: true, value: { body, text: canonicalJson(snapshot), contentHash } }
}
