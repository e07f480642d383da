/** All that can be said of submitted lines before the ledger is asked: their form, their time, their agents' standing, their signatures. */
import type { VerifyBackend } from "@farmops/proof/strictEd25519"
import { type FarmProof, parseProof, type UnverifiedProof } from "@farmops/proof/verify"
import { Clock, Effect, Result } from "effect"
import type { LedgerUnavailable } from "./LedgerUnavailable.ts"
import { type ProofRefused, refused, refusedFor } from "./ProofRefused.ts"
import type { TrustStore } from "./TrustStore.ts"
import { afterCandidate, type Candidate, checkSigner, type SignerView } from "./trust/checkSigner.ts"
import { refuseSender, type Sender } from "./trust/Sender.ts"
import type { WaitingProofs } from "./waiting/WaitingProofs.ts"

/** How far a proof's time may lie ahead of the tracker's clock. */
export const futureMsMax = 5 * 60_000

/** What a batch knows of one agent. `waits`: the owner has not decided on it. A change of key holds for the lines after it. */
interface Standing {
  readonly waits: boolean
  signers: SignerView
}

/** A line that is good as far as its signature goes. */
export interface CheckedLine {
  /** Whether it is to be set aside until its agent's approval. */
  readonly waits: boolean
  readonly candidate: Candidate
}

const fromTheFuture = refused("future_timestamp", "the work's time is more than 5 minutes in this tracker's future")

/** What is wrong with a line whose form is good, before its agent is looked up. */
const refusalOf = ({ agent, timestamp }: FarmProof, sender: Sender, latestMs: number): ProofRefused | null =>
  Date.parse(timestamp) > latestMs ? fromTheFuture : refuseSender(sender, agent.agent_id)

const checkOf = (
  parsed: UnverifiedProof,
  standing: Standing,
  backend: VerifyBackend
): Result.Result<CheckedLine, ProofRefused> => {
  const signed = checkSigner(parsed, standing.signers, backend)
  if (!signed.ok) return Result.fail(refusedFor(signed.fault))
  standing.signers = afterCandidate(standing.signers, signed.value)
  return Result.succeed({ waits: standing.waits, candidate: signed.value })
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

  const standingOf = (
    agentId: string,
    read: typeof trust.approved = trust.approved
  ): Effect.Effect<Result.Result<Standing, ProofRefused>, LedgerUnavailable> =>
    Effect.gen(function* () {
      const agent = yield* read(agentId)
      if (agent.waitingProofs > 0) yield* settle(agentId)
      const { signers } = agent.waitingProofs > 0 ? yield* trust.approved(agentId) : agent
      return Result.succeed({ waits: false, signers })
    }).pipe(
      Effect.catchTags({
        AgentPending: () => Effect.map(waiting.signers(agentId), (signers) => Result.succeed({ waits: true, signers })),
        AgentUnknown: () => Effect.succeed(Result.fail(refused("agent_unknown", "this agent is not enrolled here"))),
        AgentRevoked: () => Effect.succeed(Result.fail(refused("agent_revoked", "the farm's owner revoked this agent")))
      })
    )

  const standings = new Map<string, Result.Result<Standing, ProofRefused>>()

  /** The check of a proof that comes alone: two reads for each would cost more than its signature. */
  const checkAlone = Effect.fnUntraced(function* (parsed: UnverifiedProof) {
    const { agent_id } = parsed.proof.agent
    const late = yield* standingOf(agent_id, trust.approvedLately)
    const check = Result.flatMap(late, (standing) => checkOf(parsed, standing, backend))
    if (Result.isSuccess(check)) return check
    // Only what holds now may refuse a proof.
    return Result.flatMap(yield* standingOf(agent_id), (standing) => checkOf(parsed, standing, backend))
  })

  /** One answer for each line, in order; may be called for one part of a batch after another. Fails only where the ledger is unavailable. */
  return Effect.fnUntraced(function* (lines: ReadonlyArray<string | Uint8Array>, alone = false) {
    const latestMs = (yield* Clock.currentTimeMillis) + futureMsMax
    const checks: Array<Result.Result<CheckedLine, ProofRefused>> = []
    for (const line of lines) {
      // Untrusted: sent by anybody who can reach the tracker.
      const parsed = parseProof(line)
      if (!parsed.ok) {
        checks.push(Result.fail(refusedFor(parsed.fault)))
        continue
      }
      const { agent } = parsed.value.proof
      const refusal = refusalOf(parsed.value.proof, sender, latestMs)
      if (refusal !== null) {
        checks.push(Result.fail(refusal))
        continue
      }
      if (alone) {
        checks.push(yield* checkAlone(parsed.value))
        continue
      }
      const standing = standings.get(agent.agent_id) ?? (yield* standingOf(agent.agent_id))
      standings.set(agent.agent_id, standing)
      checks.push(
        Result.isFailure(standing) ? Result.fail(standing.failure) : checkOf(parsed.value, standing.success, backend)
      )
    }
    return checks
  })
}
