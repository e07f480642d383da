/** `farmops up`: a whole farm in one process. Everything serves before the backlog is read, and nothing is kept but under the data folder. */

import { existsSync, readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { AgentRun, AgentStatus } from "@farmops/agent/layer"
import { ProofOutbox } from "@farmops/core/delivery/ProofOutbox"
import { FarmState } from "@farmops/core/farm/FarmState"
import * as DataDirectory from "@farmops/core/host/DataDirectory"
import { layerLog } from "@farmops/core/log/layerLog"
import { AgentKey } from "@farmops/proof/AgentKey"
import { ProofLog } from "@farmops/proof/ProofLog"
import { Effect, FileSystem, Layer, Option, Redacted, Schedule, Stream, SubscriptionRef } from "effect"
import { GlobalFlag } from "effect/cli"
import { type Endpoints, FarmConnection, requestJson } from "../FarmConnection.ts"
import { farmLayer } from "../layer.ts"
import { Printer } from "../Printer.ts"
import { choosePorts, type Ports } from "./choosePorts.ts"
import { chooseRepository } from "./chooseRepository.ts"
import { publishEndpoints } from "./endpointsFile.ts"
import { keepFarmName } from "./farmName.ts"
import { approveOwnAgent, joinOwnVillage } from "./ownFarm.ts"
import { makeUpReport, type UpReport } from "./UpReport.ts"

/** The command's flags and the facts of the process that it runs in. */
export interface UpOptions {
  readonly repo: Option.Option<string>
  readonly data: Option.Option<string>
  readonly portBase: Option.Option<number>
  readonly sample: boolean
  readonly name: Option.Option<string>
  readonly village: boolean
  readonly cwd: string
  readonly version: string
}

// A farm whose launcher was killed this instant still holds the folder for a moment.
const briefly = Schedule.spaced("100 millis").pipe(Schedule.upTo({ times: 8 }))

const openDataDirectory = Effect.fnUntraced(function* (path: string) {
  const dataDir = yield* DataDirectory.open(path).pipe(
    Effect.retry({ schedule: briefly, while: (error) => error._tag === "DataDirectoryInUse" })
  )
  // The folder often lies in a repository, and holds keys: git must not take it along with `git add .`.
  const fs = yield* FileSystem.FileSystem
  const file = join(dataDir, ".gitignore")
  if (!existsSync(file)) yield* Effect.ignore(fs.writeFileString(file, "*\n"))
  return dataDir
})

const endpointsOf = (ports: Ports, options: UpOptions): Endpoints => ({
  schema: "farmops/endpoints/1",
  version: options.version,
  pid: process.pid,
  tracker: `http://127.0.0.1:${ports.tracker}`,
  agent: `http://127.0.0.1:${ports.agent}`,
  grpc: `http://127.0.0.1:${ports.grpc}`,
  village: options.village ? `http://127.0.0.1:${ports.village}` : null
})

const connectionOf = (dataDir: string, endpoints: Endpoints) =>
  Layer.sync(FarmConnection, () => ({
    dataDir,
    trackerUrl: endpoints.tracker,
    villageUrl: endpoints.village,
    token: Redacted.make(readFileSync(join(dataDir, "owner-token"), "utf8").trim(), {
      label: "owner token"
    })
  }))

const fetchFarm = requestJson("/api/v1/farm", FarmState)

/** Reports how the backlog goes, then the farm that came of it, then each change. Never ends. */
const followFarm = Effect.fnUntraced(function* (report: UpReport) {
  const status = yield* AgentStatus
  const outbox = yield* ProofOutbox
  const key = yield* AgentKey
  yield* SubscriptionRef.changes(status.state).pipe(
    Stream.takeUntil((now) => now.phase === "watching"),
    Stream.runForEach(({ backfill, proved, refused, rejected }) =>
      // What was settled in an earlier run is only passed over: there is nothing to watch in that.
      proved + rejected + refused === 0 ? Effect.void : report.progress(backfill.done, backfill.total)
    )
  )
  const proofs = yield* Effect.flatMap(ProofLog, (log) => log.count)
  const delivered = SubscriptionRef.changes(outbox.state).pipe(
    Stream.map((now) => now.delivered),
    Stream.changes
  )
  yield* outbox.wake
  yield* Stream.runHead(Stream.filter(delivered, (now) => now >= proofs))
  let farm = yield* fetchFarm
  yield* report.grown({ farm, publicKey: key.publicKey })
  yield* delivered.pipe(
    Stream.runForEach(() =>
      Effect.gen(function* () {
        const now = yield* fetchFarm
        if (now.proofs > farm.proofs) yield* report.changed(now, farm)
        farm = now
      })
    )
  )
})

const reportTrouble = Effect.fnUntraced(function* (report: UpReport) {
  const status = yield* AgentStatus
  const outbox = yield* ProofOutbox
  const agent = SubscriptionRef.changes(status.state).pipe(
    Stream.map((now) => (now.phase === "degraded" ? (now.last_error?.code ?? "unknown") : null))
  )
  const delivery = Stream.map(SubscriptionRef.changes(outbox.state), (now) => now.stopped)
  const told = (codes: Stream.Stream<string | null>) =>
    codes.pipe(
      Stream.changes,
      Stream.runForEach((code) => (code === null ? Effect.void : report.trouble(code)))
    )
  yield* Effect.all([told(agent), told(delivery)], { concurrency: "unbounded", discard: true })
})

const run = Effect.fnUntraced(function* (options: UpOptions, report: UpReport) {
  const dataDir = yield* openDataDirectory(
    resolve(
      options.cwd,
      Option.getOrElse(options.data, () => ".farmops")
    )
  )
  const { fallback, repository, sample } = yield* chooseRepository({ ...options, dataDir })
  const ports = yield* choosePorts(Option.getOrNull(options.portBase))
  yield* report.source({ sample, fallback, ...repository.info })
  const farmName = yield* keepFarmName({ dataDir, given: options.name, usual: sample ? "Sample farm" : "My farm" })
  const services = yield* Layer.build(
    farmLayer({
      dataDir,
      ports,
      farmName,
      sample,
      villageName: options.village ? "Village" : null,
      repository
    })
  )
  const endpoints = endpointsOf(ports, options)
  yield* publishEndpoints(dataDir, endpoints)
  yield* report.serving(endpoints)
  const tasks = Effect.gen(function* () {
    const agent = yield* AgentRun
    yield* approveOwnAgent
    if (endpoints.village !== null) yield* Effect.forkScoped(Effect.ignore(joinOwnVillage(endpoints.village)))
    yield* Effect.forkScoped(reportTrouble(report))
    // The farm of an agent whose trust was withdrawn is still the owner's to look at.
    const joined = agent.join.pipe(
      Effect.catchTag("AgentRevoked", ({ message }) => Effect.andThen(report.trouble(message), Effect.never))
    )
    return yield* Effect.raceFirst(joined, followFarm(report))
  })
  yield* tasks.pipe(Effect.provide(connectionOf(dataDir, endpoints)), Effect.provide(services))
})

/** Runs the command until it is told to stop. Logs nothing below a warning unless `--log-level` asks: its lines say the rest. */
export const up = Effect.fn("up")(function* (options: UpOptions) {
  const report = makeUpReport(yield* Printer)
  const level = Option.getOrElse(yield* GlobalFlag.LogLevel, () => "Warn" as const)
  yield* Effect.scoped(run(options, report)).pipe(
    Effect.provide(layerLog({ format: "auto", level })),
    Effect.onInterrupt(() => report.stopped)
  )
})
