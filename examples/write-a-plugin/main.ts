/** A plugin for restore drills: a backup counts once somebody has restored it and compared it with the original. */
import { definePlugin, inconclusive, rejected, verified } from "@farmops/plugin-sdk/author/definePlugin"
import { inProcessPlugin } from "@farmops/plugin-sdk/runtime/InProcessPlugin"
import { verdictToWork } from "@farmops/plugin-sdk/runtime/verdictToWork"
import { Console, DateTime, Effect, Redacted, Schema } from "effect"

// #region plugin
const Drill = Schema.Struct({ database: Schema.String, tables: Schema.Int, differing: Schema.Int })

const restoreDrill = definePlugin({
  id: "example/restore-drill",
  version: "1.0.0",
  description: "Verifies that a backup was restored and is the same as the original.",
  categories: ["reliability"],
  sources: { "restore-drills": { data: Drill } },
  templates: ["Restored a backup and compared {tables} tables"],
  verify: ({ data: drill }) => {
    if (drill.tables < 1) return inconclusive("the report names no tables")
    if (drill.differing > 0) return rejected("the restored tables differ")
    return verified({
      action: "verify",
      category: "reliability",
      description: `Restored a backup and compared ${drill.tables} tables`,
      complexity: drill.tables > 50 ? "high" : "medium",
      impactRadius: 5,
      artifactsTouched: drill.tables,
      evidence: drill
    })
  }
})
// #endregion

const now = DateTime.makeUnsafe("2026-02-21T09:30:00Z")

const observe = (drill: typeof Drill.Type) => ({
  observationId: `${drill.database} ${DateTime.formatIso(now)}`,
  sourceType: "restore-drills",
  rawData: new TextEncoder().encode(JSON.stringify(drill)),
  detectedAt: now,
  occurredAt: now,
  subject: null,
  actor: { identifier: Redacted.make("ada@example.org"), type: "human" as const }
})

// #region try
const tryIt = Effect.fnUntraced(function* (drill: typeof Drill.Type) {
  const plugin = inProcessPlugin(restoreDrill)
  const observation = observe(drill)
  const verdict = yield* plugin.verify(observation)
  if (verdict.verdict !== "verified") return yield* Console.log(`${verdict.verdict}: ${verdict.reason}`)
  // What an agent makes of it: nothing that is not one of the templates gets into a proof.
  const guarded = verdictToWork(plugin, observation, verdict, "home-lab")
  yield* Console.log(guarded._tag === "Work" ? `verified: ${guarded.work.action.description}` : guarded.fault)
})
// #endregion

await Effect.runPromise(
  Effect.forEach(
    [
      { database: "shop-db-1.internal", tables: 64, differing: 0 },
      { database: "mail-db-1.internal", tables: 12, differing: 3 }
    ],
    tryIt
  )
)
