/** Plays what one source of an agent's file sees to a plugin. Nothing is stored, and nothing is signed with the agent's key. */

import { openOneSource, readPlayedFile } from "@farmops/agent/layer"
import type { Environment } from "@farmops/core/config/substituteEnvironment"
import type { Observation } from "@farmops/plugin-sdk/contract/Observation"
import { effectiveSources } from "@farmops/plugin-sdk/runtime/launch/effectiveSources"
import { loadPluginManifest } from "@farmops/plugin-sdk/runtime/loadPluginManifest"
import { ProofChain } from "@farmops/proof/ProofChain"
import { Deferred, Effect, Semaphore } from "effect"
import type { CommandFailed } from "../CommandFailed.ts"
import { Printer } from "../Printer.ts"
import { openDevPlugin, unusable } from "./DevPlugin.ts"
import { makePlayer, type Played } from "./playObservation.ts"

/** What is watched, and for how long. */
export interface LiveOptions {
  readonly config: string
  readonly source: string
  /** After so many observations it is over; null runs until it is interrupted. */
  readonly count: number | null
  readonly command: ReadonlyArray<string>
  readonly environment: Environment
}

const everything = { sources: null, secrets: {}, configuration: undefined }

/** What the manifest says of the plugin, so that it is sent here what it would be sent there. */
const settingsOf = Effect.fnUntraced(function* (manifest: string | null, id: string, environment: Environment) {
  if (manifest === null) return everything
  const { units } = yield* loadPluginManifest(manifest, environment)
  return units.flatMap(({ plugins }) => plugins).find((plugin) => plugin.id === id) ?? everything
})

/** Plays them one at a time, in the order in which they come. */
export const playLive = Effect.fn("playLive")(function* (
  options: LiveOptions,
  show: (played: Played) => Effect.Effect<void>
) {
  const printer = yield* Printer
  const { environment } = options
  const { clusterAlias, manifest } = yield* readPlayedFile({ file: options.config, environment })
  const plugin = yield* openDevPlugin(options.command)
  const { description } = plugin
  const settings = yield* settingsOf(manifest, description.plugin_id, environment)
  const sources = effectiveSources(description, settings)
  yield* plugin.configure(settings.configuration)
  const fieldsOf = (sourceType: string) => sources.get(sourceType) ?? []
  const source = yield* openOneSource({ file: options.config, name: options.source, environment, fieldsOf })
  if (!sources.has(source.sourceType)) {
    const known = [...sources.keys()].join(", ")
    return yield* unusable("other_source", `the plugin is sent nothing of ${source.sourceType}, but of ${known}.`)
  }
  yield* printer.note(
    `${description.plugin_id} ${description.version} watches ${source.name}; what would leave is signed with a key of this run alone`
  )
  const play = makePlayer({ plugin, sources, clusterAlias })
  const chain = yield* ProofChain
  const over = yield* Deferred.make<void, CommandFailed>()
  const turn = yield* Semaphore.make(1)
  let seen = 0
  const playNext = Effect.fnUntraced(function* (observation: Observation) {
    if (seen === options.count) return
    yield* show(yield* play({ name: `${source.name} ${++seen}`, observation }))
    if (seen === options.count) yield* Deferred.succeed(over, undefined)
  })
  const see = (observation: Observation) =>
    playNext(observation).pipe(
      Effect.provideService(ProofChain, chain),
      Effect.catch((failure) => Deferred.fail(over, failure)),
      turn.withPermits(1),
      Effect.asVoid
    )
  const watched = source
    .run({ offer: see, put: see })
    .pipe(Effect.mapError(({ message }) => unusable("source_failed", `${message}.`)))
  yield* Effect.raceFirst(watched, Deferred.await(over))
}, Effect.scoped)
