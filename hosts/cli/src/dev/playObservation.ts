/** Plays one observation to a plugin as an agent would, and keeps all that happens, down to the record that would leave the cluster. */
import { decodeVerdict } from "@farmops/plugin-sdk/contract/decode"
import { type Observation, readRawData } from "@farmops/plugin-sdk/contract/Observation"
import type { Verdict } from "@farmops/plugin-sdk/contract/Verdict"
import { identityOf } from "@farmops/plugin-sdk/runtime/bindEvidence"
import { projectRawData } from "@farmops/plugin-sdk/runtime/projectFields"
import { verdictToWork } from "@farmops/plugin-sdk/runtime/verdictToWork"
import { AgentKey } from "@farmops/proof/AgentKey"
import * as Ed25519Node from "@farmops/proof/Ed25519Node"
import { FarmSalt } from "@farmops/proof/FarmSalt"
import { ProofBuilder } from "@farmops/proof/ProofBuilder"
import { ProofChain } from "@farmops/proof/ProofChain"
import { ProofLog } from "@farmops/proof/ProofLog"
import { Effect, Layer } from "effect"
import { asked, callOptions, type DevPlugin, outside, unusable } from "./DevPlugin.ts"

/** What one observation came to. `leaves` is the whole record, or why there is none. */
export interface Played {
  readonly observation: string
  readonly sent: unknown
  readonly memory: unknown
  readonly verdict: Verdict["verdict"]
  readonly reason: string
  /** Undefined where the memory stays as it is; null where the subject is forgotten. */
  readonly remembers: unknown
  readonly evidence: unknown
  readonly leaves: unknown
}

/** One observation, whole: it is cut to what the plugin may be sent here. */
export interface Play {
  readonly name: string
  readonly observation: Observation
  /** Instead of what the plugin remembered of the subject. */
  readonly memory?: Uint8Array | undefined
}

/** How a story is played. */
export interface Stage {
  readonly plugin: DevPlugin
  /** By source type, what the plugin may be sent. */
  readonly sources: ReadonlyMap<string, ReadonlyArray<string>>
  readonly clusterAlias: string
}

const showBytes = (bytes: Uint8Array): unknown =>
  bytes.length === 0 ? null : (readRawData(bytes) ?? `${bytes.length} bytes`)

const noBytes = new Uint8Array()

const recordOf = Effect.fnUntraced(function* (
  { clusterAlias, plugin: { description } }: Stage,
  observation: Observation,
  verdict: Verdict
) {
  if (verdict.verdict !== "verified") return null
  const guarded = verdictToWork({ description, identity: identityOf(description) }, observation, verdict, clusterAlias)
  if (guarded._tag === "Leak") return `nothing: kept back, ${guarded.fault}`
  const chain = yield* ProofChain
  return yield* chain.append(guarded.work, observation.observationId).pipe(
    Effect.map(({ line }): unknown => JSON.parse(line)),
    Effect.catchTags({
      WorkRefused: ({ message }) => Effect.succeed(`nothing: ${message}`),
      ObservationAlreadyProved: () => Effect.succeed("nothing: this observation has its proof already")
    }),
    // A chain in memory that is ours alone.
    Effect.orDie
  )
})

/** Plays a story: what the plugin remembers of a subject is there for the next observation of it. */
export const makePlayer = (stage: Stage) => {
  const memories = new Map<string, Uint8Array>()
  const { client } = stage.plugin
  return Effect.fnUntraced(function* ({ memory: given, name, observation }: Play) {
    const { detectedAt, observationId, sourceType, subject } = observation
    const fields = stage.sources.get(sourceType)
    if (fields === undefined)
      return yield* unusable("other_source", `${name}: the plugin is sent nothing of ${sourceType}.`)
    const rawData = projectRawData(observation.rawData, fields)
    if (rawData === null) return yield* unusable("not_json", `${name} is not JSON.`)
    const memory = given ?? (subject === null ? noBytes : (memories.get(subject) ?? noBytes))
    const seconds = BigInt(Math.floor(detectedAt.epochMilliseconds / 1000))
    const request = {
      observationId,
      sourceType,
      rawData,
      subject: subject ?? "",
      memory,
      detectedAt: { seconds, nanos: 0 }
    }
    const answer = yield* asked(() => client.verify(request, callOptions))
    const verdict = yield* Effect.mapError(decodeVerdict(answer), () => outside("its verdict"))
    if (verdict.remember !== null && subject !== null) memories.set(subject, verdict.remember)
    const played: Played = {
      observation: name,
      sent: showBytes(rawData),
      memory: showBytes(memory),
      verdict: verdict.verdict,
      reason: verdict.reason,
      remembers: verdict.remember === null ? undefined : showBytes(verdict.remember),
      evidence: verdict.verdict === "verified" ? showBytes(verdict.evidence) : null,
      leaves: yield* recordOf(stage, observation, verdict)
    }
    return played
  })
}

/** A key, a salt and a chain for one run: nobody's. */
export const layerRehearsal = ProofChain.layer.pipe(
  Layer.provide([ProofBuilder.layer, ProofLog.layerMemory]),
  Layer.provide(AgentKey.layerMemory),
  Layer.provide([FarmSalt.layerMemory, Ed25519Node.layer])
)

const show = (value: unknown) => JSON.stringify(value) ?? "unchanged"

/** The same for a person. */
export const drawPlayed = (played: Played): ReadonlyArray<string> => [
  "",
  `── ${played.observation}`,
  `sent       ${show(played.sent)}`,
  `memory     ${played.memory === null ? "none" : show(played.memory)}`,
  `verdict    ${played.verdict}${played.reason === "" ? "" : ` (${played.reason})`}`,
  `remembers  ${played.remembers === null ? "nothing: forgotten" : show(played.remembers)}`,
  ...(played.verdict === "verified"
    ? [`evidence   ${show(played.evidence)}; only its salted hash leaves`, "leaves"]
    : ["leaves     nothing"]),
  ...(played.leaves === null ? [] : JSON.stringify(played.leaves, null, 2).split("\n"))
]
