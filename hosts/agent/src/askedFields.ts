/** What the plugins ask of a kind of source, so that the source need not keep more; and a source that follows when that changes. */
import type { Source } from "@farmops/plugin-sdk/contract/Source"
import { PluginRuntime, type PluginStatus } from "@farmops/plugin-sdk/runtime/PluginRuntime"
import { Effect, Stream, SubscriptionRef } from "effect"
import { isAskable } from "./wantedSources.ts"

/** For each plugin that looks at the source type: the JSON Pointers that it may be sent, none for everything. */
export type AskedFields = (sourceType: string) => Effect.Effect<ReadonlyArray<ReadonlyArray<string>>>

/** Answers with what is asked now, and tells when it has changed. */
export interface PluginFields {
  readonly asked: AskedFields
  readonly changed: (sourceType: string, since: ReadonlyArray<ReadonlyArray<string>>) => Effect.Effect<void>
}

// A plugin that has not described itself by then asks for nothing yet; the source starts anew when it does.
const describedMsMax = 30_000

const isSettled = (plugin: PluginStatus): boolean =>
  isAskable(plugin) || plugin.state === "deactivated" || plugin.state === "away"

/** Of the agent's plugins. */
export const makePluginFields = Effect.gen(function* () {
  const runtime = yield* PluginRuntime
  const current = Effect.fnUntraced(function* (sourceType: string) {
    const plugins = yield* runtime.plugins
    return plugins.flatMap(({ sources }) => {
      const fields = sources.get(sourceType)
      return fields === undefined ? [] : [fields]
    })
  })
  const described = SubscriptionRef.changes(runtime.status).pipe(
    Stream.takeUntil((all) => all.every(isSettled)),
    Stream.runDrain,
    Effect.timeoutOption(describedMsMax)
  )
  const fields: PluginFields = {
    asked: (sourceType) => Effect.andThen(described, current(sourceType)),
    changed: (sourceType, since) =>
      SubscriptionRef.changes(runtime.status).pipe(
        Stream.mapEffect(() => current(sourceType)),
        Stream.filter((now) => JSON.stringify(now) !== JSON.stringify(since)),
        Stream.take(1),
        Stream.runDrain
      )
  }
  return fields
})

/** The source, started anew whenever the plugins ask for other fields than when it was started. */
export const followFields = (source: Source, fields: PluginFields): Source => ({
  ...source,
  run: (sink) =>
    Effect.forever(
      Effect.flatMap(fields.asked(source.sourceType), (since) =>
        Effect.raceFirst(source.run(sink), fields.changed(source.sourceType, since))
      )
    )
})
