/** The ways in which another program does not do what it was asked. None of them repeats its arguments: they may name things. */
import { Schema } from "effect"

/** The program cannot be started. */
export class ProcessNotFound extends Schema.TaggedError<ProcessNotFound>()("ProcessNotFound", {
  command: Schema.String,
  reason: Schema.Literals(["missing", "no_folder", "not_allowed", "other"])
}) {
  override get message() {
    return `${this.command} ${sentences[this.reason]}`
  }
}

const sentences: Readonly<Record<ProcessNotFound["reason"], string>> = {
  missing: "was not found; install it, or put it on the PATH",
  no_folder: "cannot be started: the folder to start it in does not exist",
  not_allowed: "cannot be started: this user may not run it",
  other: "cannot be started"
}

/** The program ran longer than it may; it and its children were killed. */
export class ProcessTimedOut extends Schema.TaggedError<ProcessTimedOut>()("ProcessTimedOut", {
  command: Schema.String,
  timeoutMs: Schema.Int
}) {
  override get message() {
    return `${this.command} did not finish within ${this.timeoutMs} ms and was stopped`
  }
}

/** The program wrote more than is taken; it and its children were killed. */
export class ProcessOutputTooLarge extends Schema.TaggedError<ProcessOutputTooLarge>()("ProcessOutputTooLarge", {
  command: Schema.String,
  bytesMax: Schema.Int
}) {
  override get message() {
    return `${this.command} wrote more than ${this.bytesMax} bytes and was stopped`
  }
}

/** The program ended with another status than 0 while its output was streamed. `stderr` may name things: do not log it. */
export class ProcessFailed extends Schema.TaggedError<ProcessFailed>()("ProcessFailed", {
  command: Schema.String,
  exitCode: Schema.Int,
  stderr: Schema.String
}) {
  override get message() {
    return `${this.command} ended with status ${this.exitCode}`
  }
}
