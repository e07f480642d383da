import { NodeServices } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import type { EnrolmentAnswer, EnrolmentRequest } from "@farmops/core/delivery/enrolment"
import { TrackerUnavailable } from "@farmops/core/delivery/submission"
import { TrackerClient } from "@farmops/core/delivery/TrackerClient"
import { AgentKey } from "@farmops/proof/AgentKey"
import * as Ed25519Node from "@farmops/proof/Ed25519Node"
import { farmSaltToHex } from "@farmops/proof/FarmSalt"
import { nodeBackend } from "@farmops/proof/NodeBackend"
import { verifyStatement } from "@farmops/proof/signedStatement"
import { Effect, Fiber, FileSystem, Layer, Queue, Ref } from "effect"
import { TestClock } from "effect/testing"
import { AgentStatus } from "../src/AgentStatus.ts"
import { obtainFarmSalt } from "../src/enrolment.ts"

const saltHex = "5a".repeat(32)

type Mood = "away" | EnrolmentAnswer["status"]

const makeTracker = Effect.gen(function* () {
  const mood = yield* Ref.make<Mood>("away")
  const asked = yield* Queue.unbounded<EnrolmentRequest>()
  const enroll = Effect.fnUntraced(function* (request: EnrolmentRequest) {
    yield* Queue.offer(asked, request)
    const status = yield* Ref.get(mood)
    if (status === "away") return yield* new TrackerUnavailable({ reason: "unreachable", retryAfterMs: null })
    const farm_salt = status === "approved" ? saltHex : null
    return {
      agent_id: request.agent_id,
      status,
      fingerprint: "f",
      farm_salt,
      head: null,
      waiting_proofs: status === "pending" ? 3 : 0
    }
  })
  const layer = Layer.mergeAll(
    Layer.succeed(TrackerClient, { enroll, submit: () => Effect.succeed([]) }),
    AgentStatus.layer("local"),
    AgentKey.layerMemory.pipe(Layer.provide(Ed25519Node.layer))
  )
  return { mood, asked, layer }
})

/** Lets time pass until the agent has asked `times` more times. */
const askedAgain = (asked: Queue.Queue<EnrolmentRequest>, times: number) =>
  Effect.forEach(Array.from({ length: times }), () =>
    Effect.raceFirst(Queue.take(asked), Effect.forever(TestClock.adjust("1 second")))
  )

const directory = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())

describe("enrolment", () => {
  it.effect(
    "waits for the owner, keeps the salt for its owner only, and starts from it while the tracker is away",
    () =>
      Effect.gen(function* () {
        const tracker = yield* makeTracker
        const dir = yield* directory
        const fs = yield* FileSystem.FileSystem
        yield* Effect.gen(function* () {
          const { state } = yield* AgentStatus
          const fiber = yield* Effect.forkChild(obtainFarmSalt(dir))
          yield* askedAgain(tracker.asked, 2)
          expect(state.value).toMatchObject({ phase: "waiting_for_approval", enrolment: "tracker_unreachable" })
          yield* Ref.set(tracker.mood, "pending")
          yield* askedAgain(tracker.asked, 2)
          expect(state.value).toMatchObject({ enrolment: "pending", unscored: 3 })
          expect(yield* fs.exists(`${dir}/farm-salt`)).toBe(false)
          yield* Ref.set(tracker.mood, "approved")
          yield* askedAgain(tracker.asked, 1)
          const { salt } = yield* Fiber.join(fiber)
          expect(farmSaltToHex(salt)).toBe(saltHex)
          expect((yield* fs.stat(`${dir}/farm-salt`)).mode & 0o777).toBe(0o600)

          yield* Ref.set(tracker.mood, "away")
          const again = yield* obtainFarmSalt(dir)
          expect(farmSaltToHex(again.salt)).toBe(saltHex)
        }).pipe(Effect.provide(tracker.layer))
      }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )

  it.effect("signs each request anew, so that none is too old to be taken", () =>
    Effect.gen(function* () {
      const tracker = yield* makeTracker
      yield* Ref.set(tracker.mood, "pending")
      const fiber = yield* Effect.forkChild(Effect.provide(obtainFarmSalt(yield* directory), tracker.layer))
      const requests = yield* askedAgain(tracker.asked, 20)
      yield* Fiber.interrupt(fiber)
      expect(requests.at(-1)?.requested_at).not.toBe(requests[0]?.requested_at)
      for (const { possession, ...body } of requests.slice(-3)) {
        expect(verifyStatement(nodeBackend, body.public_key, "farmops/enrolment/v1", body, possession)).toBe(true)
      }
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )

  it.effect("ends when the owner has revoked the agent, also one that was approved before", () =>
    Effect.gen(function* () {
      const tracker = yield* makeTracker
      const dir = yield* directory
      yield* Effect.gen(function* () {
        yield* Ref.set(tracker.mood, "approved")
        yield* obtainFarmSalt(dir)
        yield* Ref.set(tracker.mood, "revoked")
        const { confirmed } = yield* obtainFarmSalt(dir)
        const error = yield* Effect.flip(confirmed)
        expect(error).toMatchObject({ _tag: "AgentRevoked", agentId: (yield* AgentKey).agentId })
      }).pipe(Effect.provide(tracker.layer))
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )

  it.effect("refuses a salt file that it did not write", () =>
    Effect.gen(function* () {
      const tracker = yield* makeTracker
      const dir = yield* directory
      yield* (yield* FileSystem.FileSystem).writeFileString(`${dir}/farm-salt`, "not a salt")
      const error = yield* Effect.flip(Effect.provide(obtainFarmSalt(dir), tracker.layer))
      expect(error).toMatchObject({ _tag: "FarmSaltUnusable" })
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )
})
