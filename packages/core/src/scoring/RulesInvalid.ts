/** What is wrong with a rules file, and where. */
import { Runtime, Schema } from "effect"
import { exitCodes } from "../host/exitCodes.ts"

/** What is wrong at one place of the file. Rules hold no secrets, so what was found is told. */
export const RulesFault = Schema.Struct({
  /** Both count from 1. */
  line: Schema.Int,
  column: Schema.Int,
  /** The setting, such as `base_coins.toil`; empty for the file as a whole. */
  path: Schema.String,
  found: Schema.String,
  expected: Schema.String
})

/** See the schema of the same name. */
export type RulesFault = typeof RulesFault.Type

/** The file holds no rules that could be used. */
export class RulesInvalid extends Schema.TaggedError<RulesInvalid>()("RulesInvalid", {
  file: Schema.String,
  faults: Schema.Array(RulesFault)
}) {
  override get message() {
    return this.faults
      .map(({ column, expected, found, line, path }) => {
        const where = `${this.file}:${line}:${column}: ${path === "" ? "" : `${path}: `}`
        return `${where}expected ${expected}, found ${found}`
      })
      .join("\n")
  }
  override readonly [Runtime.errorExitCode] = exitCodes.config
}
