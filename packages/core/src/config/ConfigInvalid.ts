/** What is wrong with a configuration file, and where. */
import { Runtime, Schema } from "effect"
import { exitCodes } from "../host/exitCodes.ts"

/** The first fault of a configuration file. It never repeats a value: a value may be a secret from the environment. */
export class ConfigInvalid extends Schema.TaggedError<ConfigInvalid>()("ConfigInvalid", {
  file: Schema.String,
  /** Counts from 1; 0 where the file cannot be read at all. */
  line: Schema.Int,
  column: Schema.Int,
  /** The setting, such as `plugins[0].command`; empty for the file as a whole. */
  path: Schema.String,
  /** What should be there, or what is wrong: the end of a sentence. */
  expected: Schema.String
}) {
  override get message() {
    const where = this.line === 0 ? this.file : `${this.file}:${this.line}:${this.column}`
    return this.path === "" ? `${where}: ${this.expected}` : `${where}: ${this.path}: ${this.expected}`
  }
  override readonly [Runtime.errorExitCode] = exitCodes.config
}
