/** Reads a YAML file into a checked value. Every complaint names the file, the line and what was expected there. */
import { Effect, FileSystem, Schema, SchemaIssue } from "effect"
import { ConfigInvalid } from "./ConfigInvalid.ts"
import { type Environment, substituteEnvironment } from "./substituteEnvironment.ts"
import { faultAt, offsetOf, parseYaml, showPath } from "./YamlSource.ts"

// A configuration is written by a person; anything longer is the wrong file.
const fileBytesMax = 1024 * 1024

// Aliases may repeat a part of the file a few times, not blow it up.
const aliasesMax = 100

const formatIssue = SchemaIssue.makeFormatterStandardSchemaV1({
  leafHook: (issue) => {
    if (issue._tag === "UnexpectedKey") return "is not a setting that is known here"
    if (issue._tag === "MissingKey") return "is missing"
    return SchemaIssue.defaultLeafHook(issue)
  }
})

const readText = Effect.fnUntraced(function* (file: string) {
  const fs = yield* FileSystem.FileSystem
  const unreadable = (expected: string) => new ConfigInvalid({ file, line: 0, column: 0, path: "", expected })
  const info = yield* Effect.mapError(fs.stat(file), (error) =>
    unreadable(error.reason._tag === "NotFound" ? "there is no such file" : `cannot be read (${error.reason._tag})`)
  )
  if (info.type !== "File") return yield* unreadable("is not a file")
  if (info.size > fileBytesMax) return yield* unreadable(`is longer than ${fileBytesMax} bytes`)
  return yield* Effect.mapError(fs.readFileString(file), (error) => unreadable(`cannot be read (${error.reason._tag})`))
})

/** A file's value, and how to complain of a part of it that only a later check finds wrong. */
export interface LoadedYaml<A> {
  readonly value: A
  readonly faultAt: (path: ReadonlyArray<PropertyKey>, expected: string) => ConfigInvalid
}

/** As {@link loadYamlConfig}, for a caller that has more to check. */
export const loadYamlDocument = Effect.fn("loadYamlDocument")(function* <A, I>(
  file: string,
  schema: Schema.Codec<A, I>,
  environment: Environment
): Effect.fn.Return<LoadedYaml<A>, ConfigInvalid, FileSystem.FileSystem> {
  const source = parseYaml(file, yield* readText(file))
  const broken = source.document.errors[0]
  if (broken !== undefined) {
    return yield* faultAt(source, broken.pos[0], "", (broken.message.split("\n")[0] ?? "").replace(/ at line .*$/, ""))
  }
  const missing = substituteEnvironment(source, environment)
  if (missing !== null) return yield* missing
  const value = yield* Effect.try({
    try: (): unknown => source.document.toJS({ maxAliasCount: aliasesMax }) ?? {},
    catch: () => faultAt(source, 0, "", "uses too many aliases")
  })
  const complain = (path: ReadonlyArray<PropertyKey>, expected: string) =>
    faultAt(source, offsetOf(source, path), showPath(path), expected)
  const decoded = yield* Schema.decodeUnknownEffect(schema)(value, { onExcessProperty: "error", errors: "first" }).pipe(
    Effect.mapError((error) => {
      const found = formatIssue(error.issue).issues[0]
      const path = (found?.path ?? []).map((part) => (typeof part === "object" ? part.key : part))
      return complain(path, (found?.message ?? "is not valid").replace(/\s*\n\s*/g, " "))
    })
  )
  return { value: decoded, faultAt: complain }
})

/**
 * Reads `file`, replaces `${NAME}` in its values from `environment` (a name without a value is a fault), and decodes with
 * `schema`. Unknown and duplicate keys are faults. An empty file is an empty object.
 */
export const loadYamlConfig = <A, I>(
  file: string,
  schema: Schema.Codec<A, I>,
  environment: Environment
): Effect.Effect<A, ConfigInvalid, FileSystem.FileSystem> =>
  Effect.map(loadYamlDocument(file, schema, environment), ({ value }) => value)
