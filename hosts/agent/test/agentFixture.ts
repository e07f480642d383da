/** Parts of an agent for tests: plugins in this process behind a runtime whose state the test decides, and a chain in memory. */
import { definePlugin, rejected, verified } from "@farmops/plugin-sdk/author/definePlugin"
import type { Observation } from "@farmops/plugin-sdk/contract/Observation"
import { inProcessPlugin } from "@farmops/plugin-sdk/runtime/InProcessPlugin"
import { PluginFault } from "@farmops/plugin-sdk/runtime/Plugin"
import {
  type Deactivation,
  PluginRuntime,
  type PluginStatus,
  type RuntimePlugin
} from "@farmops/plugin-sdk/runtime/PluginRuntime"
import { AgentKey } from "@farmops/proof/AgentKey"
import * as Ed25519Node from "@farmops/proof/Ed25519Node"
import { FarmSalt } from "@farmops/proof/FarmSalt"
import { ProofBuilder } from "@farmops/proof/ProofBuilder"
import { ProofChain } from "@farmops/proof/ProofChain"
import { ProofLog } from "@farmops/proof/ProofLog"
import { DateTime, Effect, Layer, Redacted, Schema, SubscriptionRef } from "effect"

const now = DateTime.makeUnsafe("2026-01-05T10:00:00Z")

export const observation = (id: string, data: object = {}, changes: Partial<Observation> = {}): Observation => ({
  observationId: id,
  sourceType: "test",
  rawData: new TextEncoder().encode(JSON.stringify({ id, ...data })),
  detectedAt: now,
  occurredAt: now,
  subject: null,
  actor: { identifier: Redacted.make("ann@example.org"), type: "human" },
  ...changes
})

const work = (description: string, evidence: unknown) =>
  verified({
    action: "fix",
    category: "toil",
    description,
    complexity: "low",
    impactRadius: 1,
    artifactsTouched: 1,
    evidence
  })

const Event = Schema.Struct({ do: Schema.optionalKey(Schema.String), secret: Schema.optionalKey(Schema.String) })

/** Verifies what fired before and is over now, leaks when it is told to, and verifies everything else at once. */
const plugin = (id: string, sourceType: string, fields: ReadonlyArray<string>) =>
  definePlugin({
    id,
    version: "1.0.0",
    description: "For tests.",
    categories: ["toil"],
    sources: { [sourceType]: { data: Event, fields } },
    templates: ["Did it", "Ended {fires} fires"],
    memory: Schema.Struct({ fires: Schema.Int }),
    verify: ({ data, memory, remember }) => {
      if (data.do === "fire") return remember(rejected("not over"), { fires: (memory?.fires ?? 0) + 1 })
      if (data.do === "over") return remember(work(`Ended ${memory?.fires ?? 0} fires`, data), null)
      return data.do === "leak" ? work("Did it on prod-db", data) : work("Did it", data)
    }
  })

const statusOf = (id: string, sources: ReadonlyArray<string>): PluginStatus => ({
  id,
  version: "1.0.0",
  digest: null,
  protocol_version: 1,
  obtained: "in_process",
  state: "ready",
  reason: null,
  confinement: "none",
  sources,
  starts: 1,
  pid: null,
  rss_bytes: null,
  faults: {},
  last_fault: null
})

/** What a test may see and decide about one plugin. */
export interface TestPlugin {
  readonly id: string
  /** Ids of what it was asked, in order; also those on which it failed. */
  readonly asked: Array<string>
  /** The raw data that it was sent. */
  readonly sent: Array<unknown>
  readonly blamed: Array<Deactivation>
  /** Whether it fails when it is asked, and how. */
  readonly failsOn: (test: (id: string) => boolean, code?: PluginFault["code"]) => void
}

/** Plugins by id, each with the source type that it wants and the fields that it may see. */
export const makeRuntime = Effect.fnUntraced(function* (
  wanted: Readonly<Record<string, { readonly source?: string; readonly fields?: ReadonlyArray<string> }>>
) {
  const plugins = new Map<string, TestPlugin & { readonly runtime: RuntimePlugin }>()
  for (const [id, { fields = [], source = "test" }] of Object.entries(wanted)) {
    const asked: Array<string> = []
    const sent: Array<unknown> = []
    const blamed: Array<Deactivation> = []
    let fails = (_: string) => false
    let fault: PluginFault["code"] = "error"
    const inner = inProcessPlugin(plugin(id, source, fields))
    const runtime: RuntimePlugin = {
      ...inner,
      id,
      sources: new Map([[source, fields]]),
      blame: (code) => Effect.sync(() => void blamed.push(code)),
      verify: Effect.fnUntraced(function* (seen, memory) {
        asked.push(seen.observationId)
        sent.push(JSON.parse(new TextDecoder().decode(seen.rawData)))
        // As long as a real one: whoever starts the next of a subject before this one has answered is caught.
        yield* Effect.yieldNow
        if (fails(seen.observationId)) return yield* new PluginFault({ plugin: id, code: fault })
        return yield* inner.verify(seen, memory)
      })
    }
    const failsOn = (test: (id: string) => boolean, code: PluginFault["code"] = "error") => {
      fails = test
      fault = code
    }
    plugins.set(id, { id, asked, sent, blamed, runtime, failsOn })
  }
  const ids = Object.keys(wanted)
  const all = ids.map((id) => statusOf(id, [wanted[id]?.source ?? "test"]))
  const status = yield* SubscriptionRef.make<ReadonlyArray<PluginStatus>>(all)
  const layer = Layer.succeed(PluginRuntime, {
    status,
    plugins: Effect.sync(() =>
      status.value.flatMap(({ id, state, version }) => {
        const found = plugins.get(id)?.runtime
        return found === undefined || state === "deactivated" || version === null ? [] : [found]
      })
    ),
    reload: Effect.void
  })
  return {
    layer,
    /** Changes how a plugin stands; null takes it out of the manifest. */
    change: (id: string, change: Partial<PluginStatus> | null) =>
      SubscriptionRef.update(status, (now) =>
        change === null
          ? now.filter((one) => one.id !== id)
          : now.map((one) => (one.id === id ? { ...one, ...change } : one))
      ),
    plugin: (id: string): TestPlugin => {
      const found = plugins.get(id)
      if (found === undefined) throw new Error(`no plugin ${id}`)
      return found
    }
  }
})

/** A chain on a log in memory. */
export const layerChain = (log: Layer.Layer<ProofLog> = ProofLog.layerMemory) =>
  ProofChain.layer.pipe(
    Layer.provide(ProofBuilder.layer),
    Layer.provideMerge(
      Layer.mergeAll(
        log,
        FarmSalt.layer(Redacted.make(new Uint8Array(32))),
        AgentKey.layerMemory.pipe(Layer.provide(Ed25519Node.layer))
      )
    )
  )

/** What each proof in the log was made for, and what it says, in order. */
export const proved = Effect.gen(function* () {
  const log = yield* ProofLog
  return (yield* log.entriesAfter(-1, 1000)).map(({ line, observationId }) => {
    const { action } = JSON.parse(line) as { action: { description: string } }
    return `${observationId}: ${action.description}`
  })
})
