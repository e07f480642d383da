/** From a model's text to the value that was asked for, or what is wrong with it. Pure; a fence around the JSON is taken off and told. */
import { Result, Schema, SchemaIssue } from "effect"
import type { AnswerIssue } from "./ModelError.ts"

/** How the JSON stood in the text. */
export type AnswerForm = "json" | "fenced" | "none"

/** What was read: the value, or at least one issue. */
export interface ReadAnswer<A> {
  readonly form: AnswerForm
  readonly value: Result.Result<A, ReadonlyArray<AnswerIssue>>
}

// More than these say nothing new, to a person or to the model.
const issuesMax = 20
const wordsMax = 200

const short = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\s]+/gu, " ").slice(0, wordsMax)

/** RFC 6901. */
const pointerOf = (path: ReadonlyArray<PropertyKey>): string =>
  path.map((key) => `/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("")

const formatIssues = SchemaIssue.makeFormatterStandardSchemaV1({
  leafHook: (issue) => {
    if (issue._tag === "UnexpectedKey") return "is not a key that was asked for"
    if (issue._tag === "MissingKey") return "is missing"
    return SchemaIssue.defaultLeafHook(issue)
  }
})

const issuesOf = (issue: SchemaIssue.Issue): ReadonlyArray<AnswerIssue> =>
  formatIssues(issue)
    .issues.slice(0, issuesMax)
    .map(({ message, path }) => ({
      pointer: short(pointerOf((path ?? []).map((part) => (typeof part === "object" ? part.key : part)))),
      expected: short(message)
    }))

const parse = (text: string): Result.Result<unknown, null> => {
  try {
    return Result.succeed(JSON.parse(text))
  } catch {
    return Result.fail(null)
  }
}

// One fence, with or without words around it. The last closing fence counts: the JSON's own text may hold another.
const fence = /```(?:json)?[ \t]*\r?\n([\s\S]*)\r?\n[ \t]*```/i

const jsonOf = (text: string): { form: AnswerForm; json: unknown } => {
  const plain = parse(text.trim())
  if (Result.isSuccess(plain)) return { form: "json", json: plain.success }
  const inside = fence.exec(text)?.[1]
  const fenced = inside === undefined ? Result.fail(null) : parse(inside)
  return Result.isSuccess(fenced) ? { form: "fenced", json: fenced.success } : { form: "none", json: null }
}

/** Reads `text` by `schema`. A key that nobody asked for is an issue: what is dropped silently is believed to have been heard. */
export const readAnswer = <A, I>(schema: Schema.Codec<A, I>, text: string): ReadAnswer<A> => {
  const { form, json } = jsonOf(text)
  if (form === "none")
    return { form, value: Result.fail([{ pointer: "", expected: "must be one JSON object and nothing else" }]) }
  const decoded = Schema.decodeUnknownResult(schema)(json, { onExcessProperty: "error", errors: "all" })
  return { form, value: Result.mapError(decoded, (error) => issuesOf(error.issue)) }
}
