/** Which agents may add to the ledger. Nobody is trusted without the owner's word, and a revoked agent stays revoked. */
import { Ed25519 } from "@farmops/proof/Ed25519"
import { farmSaltToHex } from "@farmops/proof/FarmSalt"
import { Context, Effect, Layer } from "effect"
import type { SqlClient } from "effect/sql"
import type { EnrolmentAnswer, EnrolmentRequest } from "./Enrolment.ts"
import { LedgerCommits } from "./LedgerCommits.ts"
import { LedgerSettings } from "./LedgerSettings.ts"
import { makeOnLedger } from "./makeOnLedger.ts"
import { TrackerKey } from "./TrackerKey.ts"
import { AgentPending, AgentRevoked, AgentUnknown } from "./trust/agentErrors.ts"
import { listAgents, readAgent, readEpochs } from "./trust/agentRows.ts"
import { readAgentTrust } from "./trust/agentTrust.ts"
import type { SignerView } from "./trust/checkSigner.ts"
import { approveAgent, type LastTrusted, revokeAgent } from "./trust/decideAgent.ts"
import { checkPossession, enrollAgent } from "./trust/enrollAgent.ts"
import { readForks } from "./trust/forkStore.ts"
import { presentEpochs } from "./trust/keyEpochs.ts"
import { underFarmLock } from "./underFarmLock.ts"

/** Agents that are remembered between two reads: more than a farm has, and some 400 kB. */
const lateMax = 1024

const seal: unique symbol = Symbol("TrustStore")

/** Proof that the owner approved this agent and which keys it has. Made by {@link TrustStore} alone. */
export class ApprovedAgent {
  readonly agentId: string
  readonly signers: SignerView
  /** Proofs from before the approval that are not scored yet, and come first. */
  readonly waitingProofs: number
  constructor(_seal: typeof seal, agentId: string, signers: SignerView, waitingProofs: number) {
    this.agentId = agentId
    this.signers = signers
    this.waitingProofs = waitingProofs
  }
}

const make = Effect.gen(function* () {
  const { backend } = yield* Ed25519
  const settings = yield* LedgerSettings
  const _key = yield* TrackerKey
  const { announce } = yield* LedgerCommits

  const onLedger = yield* makeOnLedger
  const lately = new Map<string, ApprovedAgent>()

  const get = Effect.fn("TrustStore.get")(function* (agentId: string) {
    return (yield* onLedger(readAgent(agentId))) ?? (yield* new AgentUnknown({ agentId }))
  })

  const approved = Effect.fnUntraced(function* (agentId: string) {
    const { head, recovery_public_key, status, waiting_proofs } = yield* get(agentId)
    if (status === "pending") return yield* new AgentPending({ agentId })
    if (status === "revoked") return yield* new AgentRevoked({ agentId })
    const epochs = yield* onLedger(readEpochs([agentId]))
    const signers: SignerView = {
      epochs: presentEpochs(epochs.get(agentId) ?? []),
      recoveryKey: recovery_public_key,
      headSequence: head?.sequence ?? -1
    }
    const agent = new ApprovedAgent(seal, agentId, signers, waiting_proofs)
    lately.delete(agentId)
    if (waiting_proofs === 0) lately.set(agentId, agent)
    for (const [oldest] of lately) if (lately.size > lateMax) lately.delete(oldest)
    return agent
  })

  /** What {@link approved} said last; what changed since, here or in another process, is not in it. */
  const approvedLately = (agentId: string) => {
    const known = lately.get(agentId)
    return known === undefined ? approved(agentId) : Effect.succeed(known)
  }

  const enroll = Effect.fn("TrustStore.enroll")(function* (request: EnrolmentRequest) {
    // Untrusted: sent by anybody who can reach the tracker.
    yield* checkPossession(request, backend)
    const { agent_id, fingerprint, head, status, waiting_proofs } = yield* onLedger(enrollAgent(request))
    const answer: EnrolmentAnswer = {
      agent_id,
      status,
      fingerprint,
      farm_salt: status === "approved" ? farmSaltToHex(settings.farmSalt) : null,
      head,
      waiting_proofs
    }
    return answer
  })

  const approve = Effect.fn("TrustStore.approve")(function* (agentId: string) {
    const record = yield* onLedger(underFarmLock(approveAgent(agentId)))
    yield* announce
    return record
  })

  const revoke = Effect.fn("TrustStore.revoke")(function* (agentId: string, lastTrusted: LastTrusted = "received") {
    const record = yield* onLedger(underFarmLock(revokeAgent(agentId, lastTrusted)))
    yield* announce
    return record
  })

  return {
    /** Idempotent for one key: the first call makes a pending agent, later ones say where the decision stands. */
    enroll,
    /** The owner's yes, and a frozen agent's thaw. Saying it again changes nothing. */
    approve,
    /** The owner's no, at any time and for good. Proofs after `lastTrusted` are void, and their coins are taken back. */
    revoke,
    get,
    /** Every key that the agent had, and how much of its work is void. */
    trust: Effect.fn("TrustStore.trust")((agentId: string) => onLedger(readAgentTrust(agentId))),
    /** The kept evidence of forks, oldest first, each a line. */
    forks: Effect.fn("TrustStore.forks")(function* (agentId: string) {
      yield* get(agentId)
      return yield* onLedger(readForks(agentId))
    }),
    list: onLedger(listAgents),
    /** The right to have proofs looked at. A frozen agent has it too: what it sends may show another fork, or end this one. */
    approved,
    /** The same as it was lately. Enough to send a proof to the writer, which looks again; never enough to refuse one. */
    approvedLately
  } as const
})

/** Agents, their keys and the owner's decisions. */
export class TrustStore extends Context.Service<TrustStore>()("@farmops/core/farm/TrustStore", { make }) {
  /** Needs the tables of `ledgerMigrations`. */
  static readonly layer: Layer.Layer<TrustStore, never, Ed25519 | LedgerSettings | SqlClient.SqlClient | TrackerKey> =
    Layer.effect(this, this.make).pipe(Layer.provide(LedgerCommits.layer))
}
