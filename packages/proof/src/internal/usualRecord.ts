/**
 * Reads most records from their bytes in one walk, without making a text: what passes is canonical and has the form of
 * version 1. It accepts nothing that the long way of `parseProof` refuses, and says nothing of what it does not accept: first
 * records, changes of key, escapes and very large numbers.
 */
import { decodeHexAt } from "../hex.ts"
import { textLengthMax } from "../proofForm.ts"
import { signatureBytes } from "../strictEd25519.ts"
import { actionTypes, actorTypes, categories, complexities, outcomeStatuses } from "../vocabulary.ts"
import { ByteWalk } from "./byteWalk.ts"
import {
  closing,
  outcomeKey,
  part,
  prevHashKey,
  prevIdKey,
  sequenceKey,
  signatureKey,
  statusKey,
  timestampKey,
  verifiedKey
} from "./recordParts.ts"

const opening = part('{"action":{"action_type":"')
const categoryKey = part('","category":"')
const descriptionKey = part('","description":"')
const pluginKey = part('","plugin":"')
const subcategoryKey = part('","subcategory":')
const actorKey = part('},"actor":{"actor_hash":"')
const actorTypeKey = part('","actor_type":"')
const agentKey = part('"},"agent":{"agent_id":"')
const aliasKey = part('","cluster_alias":"')
const afterAlias = part('"')
const proofIdKey = part('","proof_id":"')
const artifactsKey = part('","schema_version":"1","scoring_hints":{"artifacts_touched":')
const complexityKey = part(',"complexity":"')
const radiusKey = part('","impact_radius":')
const timeSpentKey = part(',"time_spent_seconds":')
const openQuote = part('"')
const none = part("null")
const truths = [part("true"), part("false")]

const actionWords = actionTypes.map(part)
const categoryWords = categories.map(part)
const actorWords = actorTypes.map(part)
const statusWords = outcomeStatuses.map(part)
const complexityWords = complexities.map(part)

const hashDigits = 64

/** One record, copied here, and where its parts are. Used again for record after record. */
export class UsualRecord {
  readonly #walk = new ByteWalk()
  readonly bytes = this.#walk.bytes
  agentId = 0
  prevHash = 0
  prevId = 0
  proofId = 0
  sequence = 0
  readonly signature = new Uint8Array(signatureBytes)
  #signatureKey = 0
  #timestampKey = 0

  /** Takes a line in; false for one of which this reader says nothing. */
  load(line: string | Uint8Array): boolean {
    return (
      this.#walk.begin(line) &&
      this.#readAction() &&
      this.#readAgent() &&
      this.#readOutcome() &&
      this.#readLinks() &&
      this.#readHints() &&
      this.#readEnd()
    )
  }

  /** The bytes that are signed and hashed. They take the place of the record, whose parts before the signature stay. */
  toUnsigned(): Uint8Array {
    this.bytes.copyWithin(this.#signatureKey, this.#timestampKey, this.#walk.end)
    return this.bytes.subarray(0, this.#walk.end - (this.#timestampKey - this.#signatureKey))
  }

  #readAction(): boolean {
    const walk = this.#walk
    return (
      walk.part(opening) &&
      walk.word(actionWords) &&
      walk.part(categoryKey) &&
      walk.word(categoryWords) &&
      walk.part(descriptionKey) &&
      walk.text(textLengthMax.description) &&
      walk.part(pluginKey) &&
      walk.text(textLengthMax.plugin) &&
      walk.part(subcategoryKey) &&
      (walk.part(none) || (walk.part(openQuote) && walk.text(textLengthMax.subcategory) && walk.part(openQuote)))
    )
  }

  #readAgent(): boolean {
    const walk = this.#walk
    if (!walk.part(actorKey) || !walk.hex(hashDigits)) return false
    if (!walk.part(actorTypeKey) || !walk.word(actorWords) || !walk.part(agentKey)) return false
    this.agentId = walk.at
    return walk.uuid() && walk.part(aliasKey) && walk.text(textLengthMax.cluster_alias) && walk.part(afterAlias)
  }

  #readOutcome(): boolean {
    const walk = this.#walk
    return (
      walk.part(outcomeKey) &&
      walk.hex(hashDigits) &&
      walk.part(statusKey) &&
      walk.word(statusWords) &&
      walk.part(verifiedKey) &&
      walk.word(truths)
    )
  }

  #readLinks(): boolean {
    const walk = this.#walk
    if (!walk.part(prevHashKey)) return false
    this.prevHash = walk.at
    if (!walk.hex(hashDigits) || !walk.part(prevIdKey)) return false
    this.prevId = walk.at
    if (!walk.uuidV7() || !walk.part(proofIdKey)) return false
    this.proofId = walk.at
    return walk.uuidV7()
  }

  #readHints(): boolean {
    const walk = this.#walk
    return (
      walk.part(artifactsKey) &&
      walk.count() >= 0 &&
      walk.part(complexityKey) &&
      walk.word(complexityWords) &&
      walk.part(radiusKey) &&
      walk.count() >= 0 &&
      walk.part(timeSpentKey) &&
      (walk.part(none) || walk.count() >= 0)
    )
  }

  #readEnd(): boolean {
    const walk = this.#walk
    if (!walk.part(sequenceKey)) return false
    this.sequence = walk.count()
    this.#signatureKey = walk.at
    // A first record has no parent, and this one has.
    if (this.sequence < 1 || !walk.part(signatureKey)) return false
    if (!decodeHexAt(this.bytes, walk.at, this.signature)) return false
    walk.at += 2 * signatureBytes
    // The quote before it closes the signature.
    this.#timestampKey = walk.at + 1
    return walk.part(timestampKey) && walk.timestamp() && walk.part(closing) && walk.at === walk.end
  }
}
