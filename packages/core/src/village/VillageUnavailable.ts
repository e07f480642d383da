/** The one error of everything that reads or writes the village's database and could not. */
import { Effect, Schema } from "effect"

/** The database does not answer, or not now. Nothing was half written; the same call may be tried again. */
export class VillageUnavailable extends Schema.TaggedError<VillageUnavailable>()("VillageUnavailable", {
  cause: Schema.Defect()
}) {
  override get message() {
    return "the village's database cannot be read or written now"
  }
}

/** Gives whatever failed below, SQL or a row that does not decode, the village's own error. */
export const orVillageUnavailable = <A, E, R>(
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, VillageUnavailable, R> => Effect.mapError(effect, (cause) => new VillageUnavailable({ cause }))
