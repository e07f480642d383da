/** A plugin as its author writes it: what it is, what it looks at, and a pure verdict over what a source saw. */
import type { Category } from "@farmops/proof/vocabulary"
import { Option, Schema } from "effect"
import type { DefinedPlugin, Observed } from "../contract/DefinedPlugin.ts"
import { readRawData } from "../contract/Observation.ts"
import { protocolVersion, type Verdict, type WantedLimits } from "../contract/Verdict.ts"
import { inconclusive } from "./verdicts.ts"

export { inconclusive, rejected, verified, type Work } from "./verdicts.ts"

/** One kind of source that a plugin looks at. */
export interface SourceUse<S extends Schema.ConstraintDecoder<unknown>> {
  /** What the plugin reads of an observation. Data that does not match is inconclusive without a question. */
  readonly data: S
  /** JSON Pointers of what it needs, with `*` for every element; the agent sends nothing else. Without it, everything. */
  readonly fields?: ReadonlyArray<string>
  /** What it asks of the operator, in a word or two; `["read"]` without it. */
  readonly permissions?: ReadonlyArray<string>
}

type Sources = Readonly<Record<string, SourceUse<Schema.ConstraintDecoder<unknown>>>>

/** What `verify` is given: which source spoke, what it saw, and what the plugin knows from before. */
export type Seen<S extends Sources, C, M> = {
  readonly [K in keyof S & string]: {
    readonly source: K
    readonly data: S[K]["data"]["Type"]
    readonly observationId: string
    /** Checked against the plugin's own schema. */
    readonly configuration: C
    /** What was remembered of the same subject; null where nothing was, or where it does not fit the schema any more. */
    readonly memory: M | null
    /** The verdict, and from now on this memory of the subject; null forgets it. A verdict as it is leaves the memory as it is. */
    readonly remember: (verdict: Verdict, memory: M | null) => Verdict
  }
}[keyof S & string]

/** What a plugin is made of. */
export interface PluginOptions<S extends Sources, C, M> {
  readonly id: string
  readonly version: string
  readonly description: string
  readonly categories: ReadonlyArray<Category>
  /** By source type. */
  readonly sources: S
  /** Every description that a verdict may have; `{name}` stands for a whole number. */
  readonly templates: ReadonlyArray<string>
  readonly subcategories?: ReadonlyArray<string>
  /** The configuration that an operator may write; each setting needs a default, since there may be none. */
  readonly configuration?: Schema.Codec<C, unknown>
  /** What the plugin remembers of one subject between observations. */
  readonly memory?: Schema.Codec<M, unknown>
  /** What it asks for; the agent's own limits win where they are lower. */
  readonly limits?: Partial<WantedLimits>
  /** Pure: the same input gives the same verdict. A throw is a fault of the plugin, never a verdict. */
  readonly verify: (seen: Seen<S, C, M>) => Verdict | Promise<Verdict>
}

const noLimits: WantedLimits = { memory_mib: null, call_ms: null, cpu_percent: null }
const utf8 = new TextEncoder()

const jsonSchemaOf = (schema: Schema.Constraint): Record<string, unknown> => {
  const { definitions, schema: root } = Schema.toJsonSchemaDocument(schema, { onExcessProperty: "error" })
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    ...root,
    ...(Object.keys(definitions).length > 0 && { $defs: definitions })
  }
}

/** Declares a plugin. Nothing runs until `servePlugin` or an agent starts it. */
export const definePlugin = <const S extends Sources, C = null, M = null>(
  options: PluginOptions<S, C, M>
): DefinedPlugin => {
  const decoders = new Map(
    Object.entries(options.sources).map(([name, use]) => [name, Schema.decodeUnknownOption(use.data)] as const)
  )
  const memory = options.memory
  const readMemory = memory === undefined ? () => Option.none<M>() : Schema.decodeUnknownOption(memory)
  const writeMemory = memory === undefined ? () => null : Schema.encodeUnknownSync(memory)
  const remember = (verdict: Verdict, value: M | null): Verdict => ({
    ...verdict,
    remember: value === null ? new Uint8Array() : utf8.encode(JSON.stringify(writeMemory(value)))
  })
  const readConfiguration =
    options.configuration === undefined ? null : Schema.decodeUnknownResult(options.configuration)
  // Until an agent says otherwise: the defaults, where every setting has one.
  let configuration = readConfiguration === null ? null : readConfiguration({})
  return {
    description: {
      plugin_id: options.id,
      version: options.version,
      description: options.description,
      categories: options.categories,
      sources: Object.entries(options.sources).map(([source_type, { fields, permissions }]) => ({
        source_type,
        permissions: permissions ?? ["read"],
        fields: fields ?? []
      })),
      description_templates: options.templates,
      subcategories: options.subcategories ?? [],
      protocol_versions: [protocolVersion],
      capabilities: memory === undefined ? [] : ["memory"],
      wanted_limits: { ...noLimits, ...options.limits },
      configuration_schema: options.configuration === undefined ? null : jsonSchemaOf(options.configuration)
    },
    configure: (given) => {
      if (readConfiguration === null) return given === null ? null : "this plugin takes no configuration"
      const read = readConfiguration(given ?? {}, { onExcessProperty: "error" })
      if (read._tag === "Failure") return read.failure.message
      configuration = read
      return null
    },
    verify: ({ data, memory: remembered, observationId, sourceType }: Observed) => {
      const decoded = decoders.get(sourceType)?.(data) ?? Option.none()
      if (Option.isNone(decoded)) return inconclusive(`this is not an event of the ${sourceType} source`)
      if (configuration?._tag === "Failure") return inconclusive("the plugin has no configuration yet")
      const seen = {
        source: sourceType,
        data: decoded.value,
        observationId,
        configuration: configuration === null ? null : configuration.success,
        memory: remembered.length === 0 ? null : Option.getOrNull(readMemory(readRawData(remembered))),
        remember
      }
      // `decoders` has the names of S and no others, and each decoded what its name stands for.
      return options.verify(seen as unknown as Seen<S, C, M>)
    }
  }
}
