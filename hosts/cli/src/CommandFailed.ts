/** What a `farmops` command could not do: one line for a person, a code for a script, an exit status for a shell. */
import * as Runtime from "effect/Runtime"
import * as Schema from "effect/Schema"

/** `cure` is the next thing to type, when there is one. Never carries a token or the text of an event. */
export class CommandFailed extends Schema.TaggedError<CommandFailed>()("CommandFailed", {
  code: Schema.String,
  detail: Schema.String,
  cure: Schema.NullOr(Schema.String),
  exitCode: Schema.Int
}) {
  override get message() {
    return this.cure === null ? this.detail : `${this.detail} ${this.cure}`
  }
  override readonly [Runtime.errorExitCode] = this.exitCode
  override readonly [Runtime.errorReported] = false
}
