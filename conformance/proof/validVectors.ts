/** Records and chains that every implementation must accept. */
import { agent, body, chain, filledTo, hashOf, type Loose, signed, withFields } from "./sampleProofs.ts"

const integerMax = Number.MAX_SAFE_INTEGER

/** One vector: `proof` is a single record, `proofs` a chain; `hash` is that of the record or of the last of the chain. */
export interface ValidVector {
  readonly name: string
  readonly public_key: string
  /** The recovery key fixed at enrolment, where there is one. */
  readonly recovery_key?: string
  readonly proof?: string
  readonly proofs?: ReadonlyArray<string>
  readonly code: null
  readonly hash: string | null
}

const proof = (name: string, record: Loose): ValidVector => ({
  name,
  public_key: agent.publicKey,
  proof: signed(record).text,
  code: null,
  hash: hashOf(record)
})

const proofs = (name: string, parts: ReturnType<typeof chain>): ValidVector => ({
  name,
  public_key: agent.publicKey,
  proofs: parts.map((part) => part.text),
  code: null,
  hash: parts.length === 0 ? null : hashOf(parts.at(-1)?.record ?? {})
})

const [, second] = chain(2)

export const validVectors: ReadonlyArray<ValidVector> = [
  proof("genesis", body()),
  proof("second-of-a-chain", second?.record ?? {}),
  proof("bot-on-a-partial-failure", withFields(body(), { "actor.actor_type": "bot", "outcome.status": "partial" })),
  proof("not-verified", withFields(body(), { "outcome.verified": false, "outcome.status": "failure" })),
  proof(
    "every-optional-field",
    withFields(body(), { "action.subcategory": "pods", "scoring_hints.time_spent_seconds": 90 })
  ),
  proof(
    "largest-integers",
    withFields(body(), {
      "scoring_hints.impact_radius": integerMax,
      "scoring_hints.artifacts_touched": integerMax,
      "scoring_hints.time_spent_seconds": integerMax
    })
  ),
  proof(
    "smallest-integers",
    withFields(body(), {
      "scoring_hints.impact_radius": 0,
      "scoring_hints.artifacts_touched": 0,
      "scoring_hints.time_spent_seconds": 0
    })
  ),
  proof("text-beyond-ascii", withFields(body(), { "action.description": "Größe geprüft · 検証済み · 🌾🚜" })),
  proof(
    "text-that-must-be-escaped",
    withFields(body(), { "action.description": 'a "quote", a \\ and \b\f\n\r\t\u0001\u001f' })
  ),
  proof(
    "text-that-must-not-be-escaped",
    withFields(body(), { "action.description": "</script> \u007f \u2028 \u2029 \ufeff é e\u0301" })
  ),
  proof("text-that-looks-like-a-key", withFields(body(), { "action.description": '","signature":"00","__proto__":"' })),
  proof(
    "longest-texts",
    withFields(body(), {
      "agent.cluster_alias": "a".repeat(64),
      "action.plugin": "p".repeat(128),
      "action.subcategory": "s".repeat(64),
      "action.description": "🌾".repeat(1024)
    })
  ),
  proof("as-large-as-may-be", withFields(body(), filledTo(8192))),
  proof("agent-id-of-version-four", withFields(body(), { "agent.agent_id": "4b1f7f0c-6a52-4a6e-8d0e-3f6d2a9c5b17" })),
  proof("agent-id-of-no-version", withFields(body(), { "agent.agent_id": "ffffffff-ffff-ffff-ffff-ffffffffffff" })),
  proof("agent-id-all-zero", withFields(body(), { "agent.agent_id": "00000000-0000-0000-0000-000000000000" })),
  proof("leap-day", withFields(body(), { timestamp: "2024-02-29T23:59:59Z" })),
  proof("leap-day-of-a-fourth-century", withFields(body(), { timestamp: "2000-02-29T00:00:00Z" })),
  proof("first-second-of-time", withFields(body(), { timestamp: "0001-01-01T00:00:00Z" })),
  proof("last-second-of-time", withFields(body(), { timestamp: "9999-12-31T23:59:59Z" })),
  proofs("chain-of-none", []),
  proofs("chain-of-one", chain(1)),
  proofs("chain-of-five", chain(5)),
  // Order is `sequence`; the timestamp is the time of the work.
  proofs(
    "chain-whose-timestamps-go-back",
    chain(3, (record, at) => withFields(record, { timestamp: `202${9 - at}-01-01T00:00:00Z` }))
  )
]
