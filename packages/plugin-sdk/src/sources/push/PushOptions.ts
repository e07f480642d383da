/** The settings of the local push service, as a configuration file has them. */
import { Schema } from "effect"
import { localFields, SourceType } from "../localObservation.ts"

export const PushOptions = Schema.Struct({
  /** Where to listen: an absolute path, in a folder that is its owner's alone. A missing folder is made so. */
  socket: Schema.NonEmptyString.check(
    Schema.isMaxLength(100, { message: "a path of at most 100 characters: the system takes no longer one" })
  ),
  /** Which token a sender has to know: an absolute path of a file that is its owner's alone. A missing one is made, and a missing folder so that it is its owner's alone. */
  token_file: Schema.NonEmptyString,
  /** The tools that may push; others are refused. */
  source_types: Schema.NonEmptyArray(SourceType).check(Schema.isMaxLength(64)),
  /** Whose work it is where the sender does not say. */
  actor: localFields.actor,
  actor_type: localFields.actor_type
})
export type PushOptions = typeof PushOptions.Type
