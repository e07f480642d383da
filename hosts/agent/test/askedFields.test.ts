import { assert, describe, it } from "@effect/vitest"
import { definePlugin, rejected } from "@farmops/plugin-sdk/author/definePlugin"
import type { Source, SourceState } from "@farmops/plugin-sdk/contract/Source"
import { layerInProcess } from "@farmops/plugin-sdk/runtime/layerInProcess"
import { Deferred, Effect, Schema, SubscriptionRef } from "effect"
import { followFields, makePluginFields, type PluginFields } from "../src/askedFields.ts"

const looking = (id: string, source: string, fields: ReadonlyArray<string>) =>
  definePlugin({
    id,
    version: "1.0.0",
    description: "For tests.",
    categories: ["toil"],
    sources: { [source]: { data: Schema.Unknown, fields } },
    templates: ["Did it"],
    verify: () => rejected("never")
  })

describe("the fields that plugins ask for", () => {
  it.live("are those of each plugin that looks at the source, and of no other", () =>
    Effect.gen(function* () {
      const { asked } = yield* makePluginFields
      assert.deepStrictEqual(yield* asked("kubernetes"), [["/kind", "/pods/*/status"], ["/object/spec"]])
      assert.deepStrictEqual(yield* asked("git"), [[]])
      assert.deepStrictEqual(yield* asked("http"), [])
    }).pipe(
      Effect.provide(
        layerInProcess([
          looking("test/one", "kubernetes", ["/kind", "/pods/*/status"]),
          looking("test/two", "kubernetes", ["/object/spec"]),
          looking("test/three", "git", [])
        ])
      ),
      Effect.scoped
    )
  )

  it.effect("start a source anew when they have changed", () =>
    Effect.gen(function* () {
      const change = yield* Deferred.make<void>()
      const again = yield* Deferred.make<void>()
      let now: ReadonlyArray<ReadonlyArray<string>> = [["/a"]]
      let runs = 0
      const fields: PluginFields = {
        asked: () => Effect.sync(() => now),
        changed: (_, since) => (since[0]?.[0] === "/a" ? Deferred.await(change) : Effect.never)
      }
      const state = yield* SubscriptionRef.make<SourceState>({ phase: "starting", code: null, observations: 0 })
      const source: Source = {
        name: "cluster",
        sourceType: "kubernetes",
        state,
        run: () =>
          Effect.gen(function* () {
            if (++runs === 2) yield* Deferred.succeed(again, undefined)
            return yield* Effect.never
          })
      }
      const sink = { offer: () => Effect.void, put: () => Effect.void }
      yield* Effect.forkScoped(followFields(source, fields).run(sink))
      yield* Effect.yieldNow
      now = [["/b"]]
      yield* Deferred.succeed(change, undefined)
      yield* Deferred.await(again)
      assert.strictEqual(runs, 2)
    }).pipe(Effect.scoped)
  )
})
