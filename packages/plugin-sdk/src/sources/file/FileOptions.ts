/** The settings of a file source, as a configuration file has them. */
import { Schema } from "effect"
import { localFields } from "../localObservation.ts"

// Text of control characters has six times the bytes once it is in an observation.
const contentBytesMax = 600 * 1024

export const FileOptions = Schema.Struct({
  ...localFields,
  /** An absolute path. Only what lies in it is looked at, and not what lies in folders below. */
  folder: Schema.NonEmptyString,
  /** Names, in which `*` stands for any characters; all files unless said otherwise. */
  names: Schema.optionalKey(Schema.NonEmptyArray(Schema.NonEmptyString).check(Schema.isMaxLength(64))),
  /** Whether plugins get what is in the files; false unless said otherwise. */
  content: Schema.optionalKey(Schema.Boolean),
  /** Of a longer file no content is read; 64 KiB unless said otherwise. */
  content_bytes_max: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: contentBytesMax }))),
  /** How often it looks where the system tells it nothing. */
  every_seconds: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 86_400 })))
})
export type FileOptions = typeof FileOptions.Type
