/**
 * A whole pipeline with no host: a source of our own, a plugin in this process, a signed chain and its score.
 * Here the work is renewing certificates before they expire.
 */

import { defaultRules } from "@farmops/core/scoring/Rules"
import { emptyScoringState } from "@farmops/core/scoring/ScoringState"
import { scoreProof } from "@farmops/core/scoring/scoreProof"
import { definePlugin, rejected, verified } from "@farmops/plugin-sdk/author/definePlugin"
import type { Observation } from "@farmops/plugin-sdk/contract/Observation"
import { inProcessPlugin } from "@farmops/plugin-sdk/runtime/InProcessPlugin"
import { verdictToWork } from "@farmops/plugin-sdk/runtime/verdictToWork"
import { AgentKey } from "@farmops/proof/AgentKey"
import * as Ed25519Node from "@farmops/proof/Ed25519Node"
import { FarmSalt } from "@farmops/proof/FarmSalt"
import { nodeBackend } from "@farmops/proof/NodeBackend"
import { ProofBuilder } from "@farmops/proof/ProofBuilder"
import { ProofChain } from "@farmops/proof/ProofChain"
import { ProofLog } from "@farmops/proof/ProofLog"
import { verifyProof } from "@farmops/proof/verify"
import { Console, DateTime, Effect, Layer, Redacted, Schema, Stream } from "effect"

// #region plugin
const Renewal = Schema.Struct({ host: Schema.String, daysLeft: Schema.Int, trusted: Schema.Boolean })

const plugin = definePlugin({
  id: "example/certificate-renewal",
  version: "1.0.0",
  description: "Verifies that certificates are renewed in time",
  categories: ["security"],
  sources: { certificates: { data: Renewal } },
  templates: ["Renewed a certificate with {days} days left"],
  verify: ({ data }) => {
    const { daysLeft, trusted } = data
    if (!trusted) return rejected("the new certificate is not trusted")
    return verified({
      action: "fix",
      category: "security",
      description: `Renewed a certificate with ${daysLeft} days left`,
      complexity: daysLeft < 3 ? "high" : "low",
      impactRadius: 4,
      artifactsTouched: 1,
      evidence: data
    })
  }
})
// #endregion

/** The source. The host's name is raw data: nothing below lets it into a proof. */
const observe = (renewal: typeof Renewal.Type, at: string): Observation => ({
  observationId: `${renewal.host} ${at}`,
  sourceType: "certificates",
  rawData: new TextEncoder().encode(JSON.stringify(renewal)),
  detectedAt: DateTime.makeUnsafe(at),
  occurredAt: DateTime.makeUnsafe(at),
  subject: null,
  actor: { identifier: Redacted.make("ada@example.org"), type: "human" }
})

const source = Stream.make(
  observe({ host: "shop.internal", daysLeft: 12, trusted: true }, "2026-02-16T09:00:00Z"),
  observe({ host: "mail.internal", daysLeft: 30, trusted: false }, "2026-02-16T10:00:00Z"),
  observe({ host: "db-1.internal", daysLeft: 2, trusted: true }, "2026-02-17T09:00:00Z")
)

// #region pipeline
const prove = Effect.fnUntraced(function* (observation: Observation) {
  const witness = inProcessPlugin(plugin)
  const verdict = yield* witness.verify(observation)
  if (verdict.verdict !== "verified") return null
  const guarded = verdictToWork(witness, observation, verdict, "home-lab")
  if (guarded._tag === "Leak") return null
  const chain = yield* ProofChain
  return yield* chain.append(guarded.work, observation.observationId)
})

const program = Effect.gen(function* () {
  const { publicKey } = yield* AgentKey
  const receipts = yield* source.pipe(Stream.mapEffect(prove), Stream.runCollect)
  let state = emptyScoringState
  let total = 0
  for (const receipt of receipts) {
    if (receipt === null) continue
    // What a tracker does with each line: check it, then score it.
    const checked = verifyProof(receipt.line, publicKey, nodeBackend)
    if (!checked.ok) return yield* Effect.die(checked.fault.code)
    const { proof } = checked.value
    const { next, score } = scoreProof({ proof, state, rules: defaultRules, timeZone: "Europe/Berlin" })
    state = next
    total += score.coins
    yield* Console.log(`${score.coins} coins, streak ${score.detail.streak_days}: ${proof.action.description}`)
  }
  yield* Console.log(`${total} coins in all`)
})
// #endregion

const chainInMemory = ProofChain.layer.pipe(
  Layer.provide([ProofBuilder.layer, ProofLog.layerMemory]),
  Layer.provideMerge(AgentKey.layerMemory),
  Layer.provide([FarmSalt.layerMemory, Ed25519Node.layer])
)

await Effect.runPromise(Effect.provide(program, chainInMemory))
