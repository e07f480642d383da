/** Who belongs to the village. A farmer is a key: only its holder can bring a farm in, move it or take it out. */
import { Ed25519 } from "@farmops/proof/Ed25519"
import { fingerprintOf } from "@farmops/proof/fingerprint"
import type { SigningKey } from "@farmops/proof/SigningKey"
import { signStatement, verifyStatement } from "@farmops/proof/signedStatement"
import { Clock, Context, Effect, Layer, Metric, Ref, Schema, Semaphore } from "effect"
import { checkSnapshot, snapshotFaults } from "./checkSnapshot.ts"
import type { Farmer } from "./Farmer.ts"
import { FarmerStore, RequestStale } from "./FarmerStore.ts"
import { keyAfter, readKeyRow } from "./followKey.ts"
import type { Departure, RegistrationAnswer, RegistrationRequest } from "./Registration.ts"
import { SnapshotSource } from "./SnapshotSource.ts"
import { registrationsTotal } from "./villageMetrics.ts"

/** The signature does not show that the sender holds the key. */
export class SignatureInvalid extends Schema.TaggedError<SignatureInvalid>()("SignatureInvalid", {}) {}

/** The tracker answered with a snapshot that cannot be shown. */
export class SnapshotRefused extends Schema.TaggedError<SnapshotRefused>()("SnapshotRefused", {
  fault: Schema.Literals(snapshotFaults)
}) {}

/** No farmer of this village has the id. */
export class FarmerUnknown extends Schema.TaggedError<FarmerUnknown>()("FarmerUnknown", { farmerId: Schema.String }) {}

/** Too many registrations are being looked at. Try again in a moment. */
export class VillageBusy extends Schema.TaggedError<VillageBusy>()("VillageBusy", {}) {}

/** A signed request is good for this long before and after its own time, so that an overheard one is soon worthless. */
export const requestAgeMsMax = 5 * 60_000

// Anybody may register, and each registration makes this village call an address: few at once, and a short queue.
const pullsAtOnce = 4
const waitingMax = 32

/** A signed registration, as a farm sends it. */
export const signRegistration = (
  key: Pick<SigningKey, "publicKey" | "sign">,
  named: Pick<RegistrationRequest, "display_name" | "tracker_url" | "requested_at">
): RegistrationRequest => {
  const body = { ...named, public_key: key.publicKey }
  return { ...body, signature: signStatement(key, "farmops/registration/v1", body) }
}

/** A signed wish to leave. It names the farmer's id, so it means nothing to another village. */
export const signDeparture = (
  key: Pick<SigningKey, "sign">,
  body: Pick<Departure, "farmer_id" | "requested_at">
): Departure => ({ ...body, signature: signStatement(key, "farmops/departure/v1", body) })

const make = Effect.gen(function* () {
  const store = yield* FarmerStore
  const source = yield* SnapshotSource
  const { backend } = yield* Ed25519
  const pulls = yield* Semaphore.make(pullsAtOnce)
  const waiting = yield* Ref.make(0)

  const checkFresh = Effect.fnUntraced(function* (requestedAt: string) {
    const ageMs = Math.abs((yield* Clock.currentTimeMillis) - Date.parse(requestedAt))
    if (!(ageMs <= requestAgeMsMax)) return yield* new RequestStale()
  })

  const check = Effect.fnUntraced(function* (text: string, pinnedKey: string, known: Farmer | null) {
    const nowMs = yield* Clock.currentTimeMillis
    const last = known === null ? null : { farmId: known.farm_id, asOf: known.as_of, sequence: known.sequence }
    const checked = checkSnapshot({ text, pinnedKey, backend, nowMs, last })
    return checked.ok ? checked.value : yield* new SnapshotRefused({ fault: checked.fault })
  })

  /** The farmer who came under a key that the farm can show to have left behind for this one. */
  const findBefore = Effect.fnUntraced(function* (farmId: string, { public_key, tracker_url }: RegistrationRequest) {
    const claimants = yield* store.findByFarm(farmId)
    if (claimants.length === 0) return null
    const row = readKeyRow(yield* source.pullKeys(tracker_url), { farmId, publicKey: public_key }, backend)
    if (row === null) return null
    return claimants.find((farmer) => keyAfter(row, farmer.public_key) === public_key) ?? null
  })

  /** The farm as it shows itself, and who it was here under a key before this one. */
  const look = Effect.fnUntraced(function* (request: RegistrationRequest) {
    const { public_key, requested_at, tracker_url } = request
    const known = yield* store.findByKey(public_key)
    if (known !== null && requested_at < known.requested_at) return yield* new RequestStale()
    const text = yield* source.pull(tracker_url)
    const good = yield* check(text, public_key, known)
    const before = known === null ? yield* findBefore(good.body.farm_id, request) : null
    return { before, good: before === null ? good : yield* check(text, public_key, before) }
  })

  const inTurn = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.acquireUseRelease(
      Ref.updateAndGet(waiting, (n) => n + 1),
      (n): Effect.Effect<A, E | VillageBusy, R> =>
        n > waitingMax ? Effect.fail(new VillageBusy()) : pulls.withPermits(1)(effect),
      () => Ref.update(waiting, (n) => n - 1)
    )

  const register = Effect.fn("Roster.register")(
    function* (request: RegistrationRequest) {
      // Untrusted: sent by anybody who can reach the village.
      yield* checkFresh(request.requested_at)
      const { signature, ...body } = request
      if (!verifyStatement(backend, request.public_key, "farmops/registration/v1", body, signature)) {
        return yield* new SignatureInvalid()
      }
      const { farmer, isNew } = yield* inTurn(
        Effect.flatMap(look(request), ({ before, good }) => store.join(request, good, before))
      )
      yield* Metric.update(Metric.withAttributes(registrationsTotal, { result: isNew ? "joined" : "renewed" }), 1)
      const answer: RegistrationAnswer = {
        farmer_id: farmer.farmer_id,
        display_name: farmer.display_name,
        fingerprint: fingerprintOf(farmer.public_key) ?? "",
        registered_at: farmer.registered_at
      }
      return { answer, isNew }
    },
    Effect.tapError(() => Metric.update(Metric.withAttributes(registrationsTotal, { result: "refused" }), 1))
  )

  const unregister = Effect.fn("Roster.unregister")(function* ({ signature, ...body }: Departure) {
    // Untrusted: sent by anybody who can reach the village.
    yield* checkFresh(body.requested_at)
    const farmer = yield* store.find(body.farmer_id)
    if (farmer === null) return yield* new FarmerUnknown({ farmerId: body.farmer_id })
    if (!verifyStatement(backend, farmer.public_key, "farmops/departure/v1", body, signature)) {
      return yield* new SignatureInvalid()
    }
    if (body.requested_at < farmer.requested_at) return yield* new RequestStale()
    yield* store.leave(farmer, body.requested_at)
  })

  return {
    /** Idempotent for one key: later calls renew name and address. Answers after the farm's snapshot is checked and stored. */
    register,
    /** Removes the farmer, the snapshot and the history. */
    unregister
  } as const
})

/** The door of the village. */
export class Roster extends Context.Service<Roster>()("@farmops/core/village/Roster", { make }) {
  static readonly layer: Layer.Layer<Roster, never, Ed25519 | FarmerStore | SnapshotSource> = Layer.effect(
    this,
    this.make
  )
}
