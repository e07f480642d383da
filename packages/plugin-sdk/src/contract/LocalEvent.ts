/** What the sources that watch this machine or a plain URL tell a plugin, each under a source type that the operator chose. */
import { Schema } from "effect"

/** A file that was created, changed or removed. `content` is there where the operator lets it be read and it is small enough. */
export const FileEvent = Schema.Struct({
  kind: Schema.Literal("file"),
  path: Schema.String,
  change: Schema.Literals(["created", "changed", "removed"]),
  bytes: Schema.NullOr(Schema.Int),
  content: Schema.NullOr(Schema.String)
})
export type FileEvent = typeof FileEvent.Type

/** A command that ran to its end with another answer than before. */
export const CommandEvent = Schema.Struct({
  kind: Schema.Literal("command"),
  exit_code: Schema.Int,
  stdout: Schema.String
})
export type CommandEvent = typeof CommandEvent.Type

/** A URL whose answer has changed. `json` is null where the body is not JSON. */
export const HttpEvent = Schema.Struct({
  kind: Schema.Literal("http"),
  status: Schema.Int,
  json: Schema.Unknown,
  text: Schema.NullOr(Schema.String)
})
export type HttpEvent = typeof HttpEvent.Type

/** A moment that the operator's schedule names. */
export const ScheduleEvent = Schema.Struct({
  kind: Schema.Literal("schedule"),
  /** RFC 3339. */
  due_at: Schema.String
})
export type ScheduleEvent = typeof ScheduleEvent.Type
