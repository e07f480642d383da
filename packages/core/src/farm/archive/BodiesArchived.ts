/** What a walk over the ledger meets where its lines are away. */
import { Runtime, Schema } from "effect"
import { exitCodes } from "../../host/exitCodes.ts"

/** Bodies that would have to be scored again were moved to an archive file. */
export class BodiesArchived extends Schema.TaggedError<BodiesArchived>()("BodiesArchived", {
  /** The position of the first of them. */
  position: Schema.Int
}) {
  override get message() {
    return `the ledger's proofs from line ${this.position} on are in an archive file; restore it first`
  }
  override readonly [Runtime.errorExitCode] = exitCodes.dataInvalid
}
