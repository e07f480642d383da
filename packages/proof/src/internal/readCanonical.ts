/**
 * Reads most records at one look: a single pattern holds the whole layout, so that what matches is canonical and has the form
 * of version 1. It accepts nothing that the long way of `parseProof` refuses, and says nothing of what it does not match:
 * first records, changes of key, escapes, characters beyond U+FFFF and very large numbers.
 */
import {
  type FarmProof,
  hex32Pattern,
  hex64Pattern,
  isTimestamp,
  textLengthMax,
  uuidPattern,
  uuidV7Pattern
} from "../proofForm.ts"
import { actionTypes, actorTypes, categories, complexities, outcomeStatuses } from "../vocabulary.ts"

const fixed = (text: string): string => text.replace(/[{}]/g, "\\$&")
const inside = ({ source }: RegExp): string => `(${source.slice("^".length, -"$".length)})`
const word = (words: ReadonlyArray<string>): string => `(${words.join("|")})`
// Nothing that JSON escapes and no half of a character, so that units are characters.
const text = (max: number): string => `([^"\\\\\\u0000-\\u001f\\ud800-\\udfff]{1,${max}})`
// Fifteen digits are exact in a double, whatever they are.
const count = "(0|[1-9][0-9]{0,14})"

const hex32 = inside(hex32Pattern)
const id = inside(uuidV7Pattern)

const usualRecord = new RegExp(
  fixed('^{"action":{"action_type":"') +
    `${word(actionTypes)}","category":"${word(categories)}","description":"${text(textLengthMax.description)}"` +
    `,"plugin":"${text(textLengthMax.plugin)}","subcategory":(?:null|"${text(textLengthMax.subcategory)}")` +
    fixed('},"actor":{"actor_hash":"') +
    `${hex32}","actor_type":"${word(actorTypes)}"` +
    fixed('},"agent":{"agent_id":"') +
    `${inside(uuidPattern)}","cluster_alias":"${text(textLengthMax.cluster_alias)}"` +
    fixed('},"outcome":{"evidence_hash":"') +
    `${hex32}","status":"${word(outcomeStatuses)}","verified":(true|false)` +
    fixed('},"prev_proof_hash":"') +
    `${hex32}","prev_proof_id":"${id}","proof_id":"${id}","schema_version":"1","scoring_hints":` +
    fixed('{"artifacts_touched":') +
    `${count},"complexity":"${word(complexities)}","impact_radius":${count},"time_spent_seconds":(?:null|${count})` +
    fixed('},"sequence":') +
    `([1-9][0-9]{0,14}),"signature":"${inside(hex64Pattern)}","timestamp":"([^"]{20})"` +
    fixed("}$")
)

/** The groups of the pattern in its order. */
type Groups = readonly [
  line: string,
  actionType: FarmProof["action"]["action_type"],
  category: FarmProof["action"]["category"],
  description: string,
  plugin: string,
  subcategory: string | undefined,
  actorHash: string,
  actorType: FarmProof["actor"]["actor_type"],
  agentId: string,
  clusterAlias: string,
  evidenceHash: string,
  status: FarmProof["outcome"]["status"],
  verified: string,
  prevProofHash: string,
  prevProofId: string,
  proofId: string,
  artifactsTouched: string,
  complexity: FarmProof["scoring_hints"]["complexity"],
  impactRadius: string,
  timeSpentSeconds: string | undefined,
  sequence: string,
  signature: string,
  timestamp: string
]

const proofOf = (groups: Groups): FarmProof => ({
  schema_version: "1",
  proof_id: groups[15],
  prev_proof_id: groups[14],
  prev_proof_hash: groups[13],
  sequence: Number(groups[20]),
  timestamp: groups[22],
  agent: { agent_id: groups[8], cluster_alias: groups[9] },
  actor: { actor_hash: groups[6], actor_type: groups[7] },
  action: {
    plugin: groups[4],
    action_type: groups[1],
    category: groups[2],
    subcategory: groups[5] ?? null,
    description: groups[3]
  },
  outcome: { status: groups[11], verified: groups[12] === "true", evidence_hash: groups[10] },
  scoring_hints: {
    complexity: groups[17],
    impact_radius: Number(groups[18]),
    artifacts_touched: Number(groups[16]),
    time_spent_seconds: groups[19] === undefined ? null : Number(groups[19])
  },
  signature: groups[21]
})

/** The proof that a text spells, or null where the pattern does not say. In V8 each of its texts keeps the whole line in memory. */
export const readCanonical = (line: string): FarmProof | null => {
  const match = usualRecord.exec(line)
  if (match === null) return null
  // The type names what the pattern has, and the pattern admits no other words.
  const proof = proofOf(match as unknown as Groups)
  return isTimestamp(proof.timestamp) ? proof : null
}
