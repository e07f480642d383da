/** All that can be said of a submitted line before the ledger is asked: its form, its time, its agent's standing, its signature. */
import type { VerifyBackend } from "@farmops/proof/strictEd25519"
import { parseProof } from "@farmops/proof/verify"
import { DateTime, Effect } from "effect"
import type { LedgerUnavailable } from "./LedgerUnavailable.ts"
import { refused, refusedFor } from "./ProofRefused.ts"
import type { TrustStore } from "./TrustStore.ts"
import { afterCandidate, type Candidate, checkSigner, type SignerView } from "./trust/checkSigner.ts"
import { refuseSender, type Sender } from "./trust/Sender.ts"
import type { WaitingProofs } from "./waiting/WaitingProofs.ts"

/** How far a proof's time may lie ahead of the tracker's clock. */
export const futureMsMax = 5 * 60_000

/** What a batch knows of one agent. `waits`: the owner has not decided on it. */
interface Standing {
  readonly waits: boolean
  readonly signers: SignerView
}

/** What one batch knows of its agents. A change of key holds for the lines after it. */
export type Standings = Map<string, Standing>

/** A line that is good as far as its signature goes. */
export interface CheckedLine {
  /** Whether it is to be set aside until its agent's approval. */
  readonly waits: boolean
  readonly candidate: Candidate
}

/** `settle` brings into the ledger what an agent sent before it was approved: that comes first there too. */
export const makeLineCheck = (parts: {
  readonly trust: TrustStore["Service"]
  readonly waiting: WaitingProofs["Service"]
  readonly backend: VerifyBackend
  readonly sender: Sender
  readonly settle: (agentId: string) => Effect.Effect<void, LedgerUnavailable>
}) => {
  const { backend, sender, settle, trust, waiting } = parts

  const standingOf = (agentId: string) =>
    Effect.gen(function* () {
      const agent = yield* trust.approved(agentId)
      if (agent.waitingProofs > 0) yield* settle(agentId)
      const { signers } = agent.waitingProofs > 0 ? yield* trust.approved(agentId) : agent
      return { waits: false, signers }
    }).pipe(
      Effect.catchTag("AgentPending", () =>
        Effect.map(waiting.signers(agentId), (signers): Standing => ({ waits: true, signers }))
      ),
      Effect.catchTags({
        AgentUnknown: () => Effect.fail(refused("agent_unknown", "this agent is not enrolled here")),
        AgentRevoked: () => Effect.fail(refused("agent_revoked", "the farm's owner revoked this agent"))
      })
    )

  return Effect.fnUntraced(function* (line: string | Uint8Array, standings: Standings) {
    // Untrusted: sent by anybody who can reach the tracker.
    const parsed = parseProof(line)
    if (!parsed.ok) return yield* refusedFor(parsed.fault)
    const { proof } = parsed.value
    const now = (yield* DateTime.now).epochMilliseconds
    if (Date.parse(proof.timestamp) > now + futureMsMax) {
      return yield* refused("future_timestamp", "the work's time is more than 5 minutes in this tracker's future")
    }
    const { agent_id } = proof.agent
    const strange = refuseSender(sender, agent_id)
    if (strange !== null) return yield* strange
    const standing = standings.get(agent_id) ?? (yield* standingOf(agent_id))
    standings.set(agent_id, standing)
    const signed = checkSigner(line, proof, standing.signers, backend)
    if (!signed.ok) return yield* refusedFor(signed.fault)
    standings.set(agent_id, { ...standing, signers: afterCandidate(standing.signers, signed.value) })
    const checked: CheckedLine = { waits: standing.waits, candidate: signed.value }
    return checked
  })
}
