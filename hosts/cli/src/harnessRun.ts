/** `farmops harness run`: the harness in this process until it is stopped. */
import { NodeServices } from "@effect/platform-node"
import { repositoriesOf, runHarness } from "@farmops/harness/layer"
import { Effect } from "effect"
import { type HarnessPlace, loadHarnessFile } from "./harnessPlace.ts"
import { Printer } from "./Printer.ts"

/** Runs the command. */
export const harnessRun = Effect.fn("harnessRun")(function* (options: HarnessPlace & { readonly port: number }) {
  const printer = yield* Printer
  const { environment, port } = options
  const file = yield* loadHarnessFile(options)
  const names = repositoriesOf(file)
  const ready = (at: number) => {
    const url = `http://127.0.0.1:${at}`
    return printer.json
      ? printer.data({ url, repositories: names })
      : printer.line(`looks after ${names.join(", ")}; ${url}/healthcheck/ready says how it is; Ctrl-C stops it`)
  }
  return yield* runHarness(file, { host: "127.0.0.1", port, level: "info", environment }, ready)
}, Effect.provide(NodeServices.layer))
