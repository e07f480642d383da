/** Each field of the form absent, null, and of another type: one vector each, so that a verifier that forgets one is found. */
import type { InvalidVector } from "./invalidVectors.ts"
import { agent, body, type Loose, signed, withFields, withoutField } from "./sampleProofs.ts"

/** Every field, with whether null is one of its values. */
const fields: ReadonlyArray<readonly [path: string, nullable: boolean]> = [
  ["schema_version", false],
  ["proof_id", false],
  ["prev_proof_id", true],
  ["prev_proof_hash", true],
  ["sequence", false],
  ["timestamp", false],
  ["agent", false],
  ["agent.agent_id", false],
  ["agent.cluster_alias", false],
  ["actor", false],
  ["actor.actor_hash", false],
  ["actor.actor_type", false],
  ["action", false],
  ["action.plugin", false],
  ["action.action_type", false],
  ["action.category", false],
  ["action.subcategory", true],
  ["action.description", false],
  ["outcome", false],
  ["outcome.status", false],
  ["outcome.verified", false],
  ["outcome.evidence_hash", false],
  ["scoring_hints", false],
  ["scoring_hints.complexity", false],
  ["scoring_hints.impact_radius", false],
  ["scoring_hints.artifacts_touched", false],
  ["scoring_hints.time_spent_seconds", true]
]

const vector = (name: string, code: string, record: Loose): InvalidVector => ({
  name,
  public_key: agent.publicKey,
  proof: signed(record).text,
  code
})

const spelled = (path: string) => path.replaceAll(/[._]/g, "-")

export const fieldVectors: ReadonlyArray<InvalidVector> = fields.flatMap(([path, nullable]) => [
  vector(`field-absent-${spelled(path)}`, "missing_field", withoutField(body(), path)),
  vector(`field-of-another-type-${spelled(path)}`, "wrong_type", withFields(body(), { [path]: [1] })),
  ...(nullable ? [] : [vector(`field-null-${spelled(path)}`, "wrong_type", withFields(body(), { [path]: null }))])
])
