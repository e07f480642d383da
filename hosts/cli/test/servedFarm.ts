/** A served farm with 120 coins, and the commands on it, without a process of their own. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { NodeServices } from "@effect/platform-node"
import { ProofIntake } from "@farmops/core/farm/ProofIntake"
import { RunningTracker, trackerLayer } from "@farmops/tracker/layer"
import { Context, Effect, Layer } from "effect"
import { FarmConnection } from "../src/FarmConnection.ts"
import { Printer } from "../src/Printer.ts"
import { enrolled, layerWorkingAgent, signWork } from "./workingAgent.ts"

export const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "farmops-shop-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

/** Four proofs of 30 coins before any factor. */
const earn = Effect.gen(function* () {
  yield* enrolled
  const intake = yield* ProofIntake
  for (let at = 0; at < 4; at++) yield* intake.accept((yield* signWork(at, "incident")).line)
}).pipe(Effect.provide(layerWorkingAgent))

/** Runs a command on a fresh farm of the scope at hand and answers with what it printed. */
export const servedFarm = Effect.gen(function* () {
  const dataDir = yield* folder
  const services = yield* Layer.build(
    trackerLayer({
      dbUrl: join(dataDir, "tracker.db"),
      port: 0,
      grpcPort: null,
      host: "127.0.0.1",
      dataDir,
      timeZone: "UTC",
      farmName: "Test farm",
      sample: false
    }).pipe(Layer.provideMerge(NodeServices.layer))
  )
  yield* Effect.provideContext(earn, services)
  const { ownerToken, url } = Context.get(services, RunningTracker)
  const connection = { dataDir, trackerUrl: url, villageUrl: null, agentUrl: null, token: ownerToken }
  const run = <A, E>(command: Effect.Effect<A, E, FarmConnection | Printer>, json = false, token = true) => {
    const printed = Printer.memory({ json, columns: 200 })
    return command.pipe(
      Effect.provideService(FarmConnection, token ? connection : { ...connection, token: null }),
      Effect.provide(printed.layer),
      Effect.map(() => ({ out: printed.stdout(), err: printed.stderr() }))
    )
  }
  return run
})
