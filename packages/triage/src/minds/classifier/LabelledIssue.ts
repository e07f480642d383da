/** Issues with the label that people gave them: what a classifier learns from, and what it is measured on. */
import { promisify } from "node:util"
import { gunzip } from "node:zlib"
import { Effect, FileSystem, Schema } from "effect"

/** One issue of a data set. Other fields, `created_at` among them, are not looked at. */
export const LabelledIssue = Schema.Struct({
  repo: Schema.String,
  label: Schema.String.check(Schema.isMinLength(1)),
  title: Schema.String,
  body: Schema.NullOr(Schema.String)
})

/** See the schema of the same name. */
export type LabelledIssue = typeof LabelledIssue.Type

/** A file of issues cannot be used. Says what is wrong and where. */
export class IssuesUnreadable extends Schema.TaggedError<IssuesUnreadable>()("IssuesUnreadable", {
  file: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `${this.file}: ${this.reason}`
  }
}

/** More issues than any repository's backlog; each takes some kilobytes. */
export const issuesMax = 50_000

// All of them, and what a compressed file may grow to.
const bytesMax = 256 * 1024 * 1024

const unzip = promisify(gunzip)

// The two bytes with which every gzip file begins.
const isZipped = (bytes: Uint8Array) => bytes[0] === 0x1f && bytes[1] === 0x8b

const decodeIssues = Schema.decodeUnknownEffect(Schema.Array(LabelledIssue))

/** Reads a JSON array of {@link LabelledIssue}s, as it is or gzipped, whatever the file is called. */
export const readLabelledIssues = Effect.fn("readLabelledIssues")(function* (file: string) {
  const fs = yield* FileSystem.FileSystem
  const unreadable = (reason: string) => new IssuesUnreadable({ file, reason })
  const info = yield* Effect.mapError(fs.stat(file), ({ reason }) =>
    unreadable(reason._tag === "NotFound" ? "there is no such file" : `cannot be read (${reason._tag})`)
  )
  if (info.type !== "File") return yield* unreadable("is not a file")
  if (info.size > bytesMax) return yield* unreadable(`is longer than ${bytesMax} bytes`)
  const stored = yield* Effect.mapError(fs.readFile(file), ({ reason }) =>
    unreadable(`cannot be read (${reason._tag})`)
  )
  const bytes = isZipped(stored)
    ? yield* Effect.tryPromise({
        try: () => unzip(stored, { maxOutputLength: bytesMax }),
        catch: () => unreadable(`is no sound gzip file, or holds more than ${bytesMax} bytes`)
      })
    : stored
  const value = yield* Effect.try({
    try: (): unknown => JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)),
    catch: () => unreadable("is not JSON in UTF-8")
  })
  if (!Array.isArray(value)) return yield* unreadable("is not a JSON array of issues {repo, label, title, body}")
  if (value.length === 0) return yield* unreadable("holds no issue")
  if (value.length > issuesMax) return yield* unreadable(`holds more than ${issuesMax} issues`)
  return yield* Effect.mapError(decodeIssues(value), (error) => unreadable(String(error.message).replace(/\s+/g, " ")))
})
