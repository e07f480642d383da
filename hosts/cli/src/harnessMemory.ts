/** `farmops harness memory …`: the summaries of earlier decisions, which the log can give again at any time. */
import { NodeServices } from "@effect/platform-node"
import { MemorySummaries } from "@farmops/triage/memory/MemorySummaries"
import { Effect } from "effect"
import { orCommandFailed } from "./harnessFailure.ts"
import { type HarnessPlace, layerMemory, loadHarnessFile } from "./harnessPlace.ts"
import { Printer } from "./Printer.ts"

/** Runs `harness memory rebuild`: all summaries anew, in one transaction. */
export const rebuildMemory = Effect.fn("rebuildMemory")(
  function* (options: HarnessPlace) {
    const printer = yield* Printer
    const file = yield* loadHarnessFile(options)
    const summaries = yield* Effect.flatMap(MemorySummaries, ({ rebuild }) => rebuild).pipe(
      Effect.provide(layerMemory(file))
    )
    yield* printer.json
      ? printer.data({ summaries })
      : printer.line(`${summaries} ${summaries === 1 ? "summary" : "summaries"} made anew from the log`)
  },
  orCommandFailed,
  Effect.provide(NodeServices.layer)
)
