/** The JSON that an agent and a WebAssembly plugin exchange, as docs/protocol/plugin-wasm-v1.md has it. */
import { DateTime, Effect, Schema } from "effect"
import { type Observation, readRawData } from "../../contract/Observation.ts"
import { PluginDescription, Verdict } from "../../contract/Verdict.ts"

const utf8 = new TextEncoder()

// Untrusted: made by a plugin.
const readObject = (json: string): Record<string, unknown> => {
  const value = readRawData(utf8.encode(json))
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {}
}

const defaults = {
  description: "",
  description_templates: [],
  subcategories: [],
  protocol_versions: [1],
  configuration_schema: null
}

/** A module's description of itself, checked. What it may leave out is empty. */
export const readDescription = (json: string) => {
  const { capabilities, sources, wanted_limits, ...given } = readObject(json)
  const limits = typeof wanted_limits === "object" ? wanted_limits : {}
  return Schema.decodeUnknownEffect(PluginDescription)({
    ...defaults,
    ...given,
    sources: Array.isArray(sources) ? sources.map((one) => ({ permissions: [], fields: [], ...one })) : sources,
    // Memory is a part of the answer, and a stream has no sense here.
    capabilities: Array.isArray(capabilities) && capabilities.includes("memory") ? ["memory"] : [],
    wanted_limits: { memory_mib: null, call_ms: null, cpu_percent: null, ...limits }
  })
}

// Absent leaves what is remembered as it is, null forgets it.
const rememberOf = (answer: Readonly<Record<string, unknown>>): Uint8Array | null => {
  if (!("remember" in answer)) return null
  return answer.remember === null ? new Uint8Array() : utf8.encode(JSON.stringify(answer.remember))
}

const decodeVerdict = Schema.decodeUnknownEffect(Verdict)

/** A module's answer as a checked verdict. Evidence is any JSON; its text is what is hashed. */
export const readVerdict = (json: string) => {
  const { evidence, ...given } = readObject(json)
  const hints = typeof given.scoring_hints === "object" ? given.scoring_hints : {}
  return decodeVerdict({
    reason: "",
    subcategory: null,
    actor_type: null,
    ...given,
    scoring_hints: { time_spent_seconds: null, ...hints },
    evidence: utf8.encode(JSON.stringify(evidence ?? null)),
    remember: rememberOf(given)
  })
}

/** What is given to `verify`; null where the raw data is no JSON. `data` stands last and word for word. */
export const writeRequest = (
  { detectedAt, observationId, rawData, sourceType, subject }: Observation,
  memory: Uint8Array,
  configuration: unknown
): Effect.Effect<Uint8Array | null> =>
  Effect.sync(() => {
    if (readRawData(rawData) === undefined) return null
    const head = JSON.stringify({
      observation_id: observationId,
      source_type: sourceType,
      detected_at: DateTime.formatIso(detectedAt),
      subject: subject ?? "",
      memory: readRawData(memory) ?? null,
      configuration: configuration ?? null
    })
    return Buffer.concat([utf8.encode(`${head.slice(0, -1)},"data":`), rawData, utf8.encode("}")])
  })
