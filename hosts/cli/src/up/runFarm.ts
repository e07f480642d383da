/** Runs tracker, village and agent in the present scope, approves the agent, and reports until something ends it. */

import { readFileSync } from "node:fs"
import { join } from "node:path"
import { AgentRun, AgentStatus } from "@farmops/agent/layer"
import { ProofOutbox } from "@farmops/core/delivery/ProofOutbox"
import { FarmState } from "@farmops/core/farm/FarmState"
import { AgentKey } from "@farmops/proof/AgentKey"
import { ProofLog } from "@farmops/proof/ProofLog"
import { Effect, Layer, Redacted, Schedule, Stream, SubscriptionRef } from "effect"
import { fetchAnchor } from "../chainAnchor.ts"
import { type Endpoints, FarmConnection, requestJson } from "../FarmConnection.ts"
import { type FarmConfig, farmLayer } from "../layer.ts"
import { publishEndpoints } from "./endpointsFile.ts"
import { approveOwnAgent, joinOwnVillage } from "./ownFarm.ts"
import type { UpReport } from "./UpReport.ts"

const endpointsOf = ({ ports, villageName }: FarmConfig, version: string): Endpoints => ({
  schema: "farmops/endpoints/1",
  version,
  pid: process.pid,
  tracker: `http://127.0.0.1:${ports.tracker}`,
  agent: `http://127.0.0.1:${ports.agent}`,
  grpc: `http://127.0.0.1:${ports.grpc}`,
  village: villageName === null ? null : `http://127.0.0.1:${ports.village}`
})

const connectionOf = (dataDir: string, endpoints: Endpoints) =>
  Layer.sync(FarmConnection, () => ({
    dataDir,
    trackerUrl: endpoints.tracker,
    villageUrl: endpoints.village,
    agentUrl: endpoints.agent,
    token: Redacted.make(readFileSync(join(dataDir, "owner-token"), "utf8").trim(), {
      label: "owner token"
    })
  }))

// The tracker is in this process: when it does not answer at once, it is busy and will.
const persistently = <A, E, R>(request: Effect.Effect<A, E, R>) =>
  request.pipe(Effect.retry(Schedule.spaced("1 second")), Effect.orDie)

const fetchFarm = persistently(requestJson("/api/v1/farm", FarmState))

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
  yield* report.grown({ farm, ...(yield* persistently(fetchAnchor(key.agentId, key.publicKey))) })
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

/** Everything serves when the first line about it is printed; the backlog is read from then on. */
export const runFarm = Effect.fn("runFarm")(function* (config: FarmConfig, version: string, report: UpReport) {
  const services = yield* Layer.build(farmLayer(config))
  const endpoints = endpointsOf(config, version)
  yield* publishEndpoints(config.dataDir, endpoints)
  yield* report.serving(endpoints)
  const grow = Effect.gen(function* () {
    yield* approveOwnAgent
    if (endpoints.village !== null) yield* Effect.forkScoped(Effect.ignore(joinOwnVillage(endpoints.village)))
    yield* Effect.forkScoped(reportTrouble(report))
    return yield* followFarm(report)
  })
  const tasks = Effect.gen(function* () {
    const agent = yield* AgentRun
    // The farm of an agent whose trust was withdrawn is still the owner's to look at.
    const joined = agent.join.pipe(
      Effect.catchTag("AgentRevoked", ({ message }) => Effect.andThen(report.trouble(message), Effect.never))
    )
    // An agent that cannot begin never asks to be approved.
    return yield* Effect.raceFirst(joined, grow)
  })
  yield* tasks.pipe(Effect.provide(connectionOf(config.dataDir, endpoints)), Effect.provide(services))
})
